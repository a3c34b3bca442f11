import type { ChangeKind, Operation } from '../changes.ts';
import type { Mover, Texts } from '../next-move.ts';
import type { HoldReason } from '../safety-filter.ts';

/*
 * The words of mails, in the languages of the users. Placeholders stand in braces.
 */

export const kindWords: Readonly<Record<ChangeKind, Texts>> = {
  person: { en: 'People', fr: 'Personnes', sv: 'Personer' },
  instructor: { en: 'Instructors', fr: 'Formateurs', sv: 'Lärare' },
  learner: { en: 'Learners', fr: 'Apprenants', sv: 'Elever' },
  group: { en: 'Groups', fr: 'Groupes', sv: 'Grupper' },
  lesson: { en: 'Lessons', fr: 'Cours', sv: 'Lektioner' },
  membership: { en: 'Places on rosters', fr: 'Inscriptions', sv: 'Medlemskap' },
};

export const operationWords: Readonly<Record<Operation, Texts>> = {
  insert: { en: 'created', fr: 'création', sv: 'skapade' },
  adopt: { en: 'adopted', fr: 'reprise', sv: 'övertagna' },
  update: { en: 'updated', fr: 'modification', sv: 'ändrade' },
  delete: { en: 'deleted', fr: 'suppression', sv: 'borttagna' },
  restore: { en: 'restored', fr: 'rétablissement', sv: 'återställda' },
  archive: { en: 'archived', fr: 'archivage', sv: 'arkiverade' },
  rekey: { en: 'given a new key', fr: 'changement de clé', sv: 'fick ny nyckel' },
};

export const holdReasonWords: Readonly<Record<HoldReason, Texts>> = {
  OVER_LIMIT: {
    en: '{count} of {base} records of this kind would get this change: more than the limit lets pass.',
    fr: '{count} enregistrements de ce type sur {base} recevraient ce changement : plus que la limite ne le permet.',
    sv: '{count} av {base} poster av den här sorten skulle få ändringen: mer än gränsen släpper igenom.',
  },
  SOURCE_EMPTY: {
    en: 'The source was empty, and an empty source removes nothing.',
    fr: 'La source était vide, et une source vide ne supprime rien.',
    sv: 'Källan var tom, och en tom källa tar inte bort något.',
  },
  SOURCE_SHRANK: {
    en: 'The source said less than half of what is known, and a shrunken source removes nothing.',
    fr: 'La source a fourni moins de la moitié de ce qui est connu ; une source réduite ne supprime rien.',
    sv: 'Källan angav mindre än hälften av det som är känt, och en krympt källa tar inte bort något.',
  },
  ROWS_UNREADABLE: {
    en: 'The source gave rows whose key cannot be read; they must not be taken for absent.',
    fr: 'La source a fourni des lignes dont la clé est illisible ; elles ne doivent pas passer pour absentes.',
    sv: 'Källan gav rader vars nyckel inte kan läsas; de får inte tas för frånvarande.',
  },
  CANARY: {
    en: 'The first changes of the plan did not arrive at the target as they were sent.',
    fr: 'Les premiers changements ne sont pas arrivés à la cible tels qu’ils ont été envoyés.',
    sv: 'De första ändringarna kom inte fram till målet så som de skickades.',
  },
};

export const moverWords: Readonly<Record<Mover, Texts>> = {
  school: { en: 'the school', fr: 'l’établissement', sv: 'skolan' },
  vendor: { en: 'the vendor', fr: 'l’éditeur', sv: 'leverantören' },
  operator: { en: 'the operators of Rollcall', fr: 'les exploitants de Rollcall', sv: 'Rollcalls driftpersonal' },
  nobody: { en: 'nobody', fr: 'personne', sv: 'ingen' },
};

export const words = {
  completed: { en: 'Completed', fr: 'Terminé', sv: 'Slutförd' },
  completedHeld: {
    en: 'Completed, {count} held',
    fr: 'Terminé, {count} en attente de décision',
    sv: 'Slutförd, {count} väntar på beslut',
  },
  planned: {
    en: 'Planned, nothing was written (trial)',
    fr: 'Planifié, rien n’a été écrit (essai)',
    sv: 'Planerad, inget skrevs (test)',
  },
  failed: { en: 'Failed', fr: 'Échec', sv: 'Misslyckades' },
  started: { en: 'Started', fr: 'Démarré', sv: 'Startad' },
  held: {
    en: '{count} changes wait for a decision',
    fr: '{count} changements attendent une décision',
    sv: '{count} ändringar väntar på beslut',
  },
  heldOne: {
    en: '1 change waits for a decision',
    fr: '1 changement attend une décision',
    sv: '1 ändring väntar på beslut',
  },
  heldAgain: { en: 'Reminder: {what}', fr: 'Rappel : {what}', sv: 'Påminnelse: {what}' },
  decided: { en: 'Decided', fr: 'Décidé', sv: 'Beslutat' },
  decidedBelow: {
    en: 'Somebody decided on {count} held changes.',
    fr: 'Quelqu’un a décidé de {count} changements en attente.',
    sv: 'Någon har beslutat om {count} väntande ändringar.',
  },
  decidedRun: {
    en: 'A run that lets them through starts at once.',
    fr: 'Une exécution qui les laisse passer démarre aussitôt.',
    sv: 'En körning som släpper igenom dem startar genast.',
  },
  expired: { en: 'An approval has expired', fr: 'Une approbation a expiré', sv: 'Ett godkännande har gått ut' },
  expiredBelow: {
    en: '{count} approved changes were not made in time and need a new decision.',
    fr: '{count} changements approuvés n’ont pas été faits à temps et demandent une nouvelle décision.',
    sv: '{count} godkända ändringar gjordes inte i tid och kräver ett nytt beslut.',
  },
  pauseBeginsSoon: { en: 'A pause begins soon', fr: 'Une pause commence bientôt', sv: 'En paus börjar snart' },
  pauseBegan: { en: 'Paused', fr: 'En pause', sv: 'Pausad' },
  pauseEndsSoon: { en: 'The pause ends soon', fr: 'La pause se termine bientôt', sv: 'Pausen slutar snart' },
  pauseEnded: { en: 'The pause has ended', fr: 'La pause est terminée', sv: 'Pausen är slut' },
  pauseOf: { en: 'Pause {number} of {scope}', fr: 'Pause {number} : {scope}', sv: 'Paus {number}: {scope}' },
  pauseFrom: { en: 'from {from}', fr: 'à partir du {from}', sv: 'från {from}' },
  pauseUntil: { en: 'until {until}', fr: 'jusqu’au {until}', sv: 'till {until}' },
  pauseOpenEnd: { en: 'until it is lifted', fr: 'jusqu’à sa levée', sv: 'tills den hävs' },
  pauseSummer: {
    en: 'Nothing is sent to the target meanwhile; attendance still comes back. No change is lost: the first run afterwards has them all.',
    fr: 'Rien n’est envoyé à la cible pendant ce temps ; les présences remontent toujours. Aucun changement n’est perdu : la première exécution ensuite les reprend tous.',
    sv: 'Inget skickas till målet under tiden; närvaro kommer fortfarande tillbaka. Ingen ändring går förlorad: nästa körning har dem alla.',
  },
  pauseIncident: {
    en: 'Nothing is sent in either direction meanwhile. No change is lost: the first run afterwards has them all.',
    fr: 'Rien n’est envoyé dans aucun sens pendant ce temps. Aucun changement n’est perdu : la première exécution ensuite les reprend tous.',
    sv: 'Inget skickas åt något håll under tiden. Ingen ändring går förlorad: nästa körning har dem alla.',
  },
  pauseOverBelow: {
    en: 'The next run brings what changed meanwhile.',
    fr: 'La prochaine exécution apporte ce qui a changé entre-temps.',
    sv: 'Nästa körning tar med det som ändrats under tiden.',
  },
  scopeConnection: { en: 'the connection {name}', fr: 'la connexion {name}', sv: 'anslutningen {name}' },
  scopeOrganisation: { en: 'the organisation {name}', fr: 'l’organisation {name}', sv: 'organisationen {name}' },
  scopeSchool: { en: 'the school {name}', fr: 'l’école {name}', sv: 'skolan {name}' },
  scopeTarget: {
    en: 'whatever writes to {name}',
    fr: 'tout ce qui écrit vers {name}',
    sv: 'allt som skriver till {name}',
  },
  silence: { en: 'No successful run', fr: 'Aucune exécution réussie', sv: 'Ingen lyckad körning' },
  silenceBelow: {
    en: 'One was expected by {expected}. The last success was {last}.',
    fr: 'Une était attendue avant le {expected}. Dernière réussite : {last}.',
    sv: 'En väntades senast {expected}. Senast lyckad: {last}.',
  },
  never: { en: 'never', fr: 'jamais', sv: 'aldrig' },
  shape: {
    en: 'The answers of {system} changed shape',
    fr: 'Les réponses de {system} ont changé de forme',
    sv: 'Svaren från {system} har ändrat form',
  },
  shapeBelow: {
    en: 'Fields came or went that were never seen so before. What could be read was read; tell the vendor and watch the findings.',
    fr: 'Des champs sont apparus ou ont disparu. Ce qui pouvait être lu l’a été ; informez l’éditeur et surveillez les signalements.',
    sv: 'Fält har kommit eller försvunnit. Det som gick att läsa lästes; meddela leverantören och följ anmärkningarna.',
  },
  shapeHow: {
    en: 'All of it, for whoever runs commands here:',
    fr: 'Le tout, pour qui lance des commandes ici :',
    sv: 'Alltihop, för den som kör kommandon här:',
  },
  shapeField: { en: 'What', fr: 'Quoi', sv: 'Vad' },
  shapeCount: { en: 'Answers', fr: 'Réponses', sv: 'Svar' },
  test: { en: 'A test message', fr: 'Un message d’essai', sv: 'Ett testmeddelande' },
  testBelow: {
    en: 'Somebody asked Rollcall to try the way to you. It works; there is nothing to do.',
    fr: 'Quelqu’un a demandé à Rollcall d’essayer le chemin jusqu’à vous. Il fonctionne ; il n’y a rien à faire.',
    sv: 'Någon bad Rollcall att prova vägen till dig. Den fungerar; det finns inget att göra.',
  },
  digest: { en: 'The day’s runs', fr: 'Les exécutions du jour', sv: 'Dagens körningar' },
  digestBelow: {
    en: '{count} messages since the last mail of this kind.',
    fr: '{count} messages depuis le dernier mail de ce type.',
    sv: '{count} meddelanden sedan det senaste mejlet av det här slaget.',
  },
  runOf: { en: 'Run {number}, {when}', fr: 'Exécution {number}, {when}', sv: 'Körning {number}, {when}' },
  why: { en: 'What happened', fr: 'Ce qui s’est passé', sv: 'Vad som hände' },
  whoseMove: { en: 'Whose move it is: {mover}.', fr: 'À qui d’agir : {mover}.', sv: 'Vem ska göra något: {mover}.' },
  counts: { en: 'Records at the target', fr: 'Enregistrements à la cible', sv: 'Poster i målet' },
  before: { en: 'Before', fr: 'Avant', sv: 'Före' },
  after: { en: 'After', fr: 'Après', sv: 'Efter' },
  changes: { en: 'Changes', fr: 'Changements', sv: 'Ändringar' },
  wouldChange: { en: 'What would change', fr: 'Ce qui changerait', sv: 'Vad som skulle ändras' },
  kind: { en: 'Kind', fr: 'Type', sv: 'Slag' },
  done: { en: 'Done', fr: 'Faits', sv: 'Gjorda' },
  toDo: { en: 'Planned', fr: 'Prévus', sv: 'Planerade' },
  waiting: { en: 'Held', fr: 'En attente', sv: 'Väntar' },
  notDone: { en: 'Not done', fr: 'Non faits', sv: 'Ej gjorda' },
  nothingDiffers: {
    en: 'Nothing differed: nothing was written.',
    fr: 'Aucune différence : rien n’a été écrit.',
    sv: 'Inget skilde sig: inget skrevs.',
  },
  findings: { en: 'Left out, or worth a look', fr: 'Écarté, ou à vérifier', sv: 'Utelämnat, eller värt att se över' },
  findingsHow: {
    en: 'Record by record, for whoever runs commands here (the attached file has the same):',
    fr: 'Enregistrement par enregistrement, pour qui lance des commandes ici (le fichier joint contient la même chose) :',
    sv: 'Post för post, för den som kör kommandon här (den bifogade filen har samma):',
  },
  findingsLink: { en: 'Open the findings', fr: 'Ouvrir les signalements', sv: 'Öppna anmärkningarna' },
  holds: { en: 'Held for a decision', fr: 'En attente de décision', sv: 'Väntar på beslut' },
  hold: {
    en: 'Hold {number}: {what} × {count}',
    fr: 'Retenue {number} : {what} × {count}',
    sv: 'Håll {number}: {what} × {count}',
  },
  firstLesson: {
    en: 'First lesson affected: {when}.',
    fr: 'Premier cours concerné : {when}.',
    sv: 'Första berörda lektion: {when}.',
  },
  holdLook: {
    en: 'Look at it record by record:',
    fr: 'À examiner enregistrement par enregistrement :',
    sv: 'Se den post för post:',
  },
  holdApprove: {
    en: 'If the changes are meant, let them through (or use “reject” instead):',
    fr: 'Si les changements sont voulus, laissez-les passer (sinon « reject ») :',
    sv: 'Om ändringarna är avsedda, släpp igenom dem (annars ”reject”):',
  },
  holdReason: { en: 'expected', fr: 'prévu', sv: 'väntat' },
  holdMove: {
    en: 'Whose move it is: the school. Until then nothing of it is done; the rest of the run went on.',
    fr: 'À qui d’agir : l’établissement. D’ici là, rien n’en est fait ; le reste de l’exécution a continué.',
    sv: 'Vem ska göra något: skolan. Till dess görs inget av det; resten av körningen gick vidare.',
  },
  nextRun: {
    en: 'The next run starts {when}.',
    fr: 'La prochaine exécution démarre le {when}.',
    sv: 'Nästa körning startar {when}.',
  },
  contact: { en: 'Whom to ask', fr: 'À qui s’adresser', sv: 'Vem man frågar' },
  department: { en: 'At the school', fr: 'À l’établissement', sv: 'På skolan' },
  vendor: { en: 'At the vendor', fr: 'Chez l’éditeur', sv: 'Hos leverantören' },
  reasonGiven: { en: 'Reason: {reason}', fr: 'Motif : {reason}', sv: 'Skäl: {reason}' },
  trial: {
    en: 'This connection is in trial: it writes nothing, and only its admins get its mails.',
    fr: 'Cette connexion est à l’essai : elle n’écrit rien et seuls ses administrateurs reçoivent ses mails.',
    sv: 'Anslutningen är i test: den skriver inget, och bara dess administratörer får dess mejl.',
  },
  footer: {
    en: 'Rollcall sends this to {address}, who is subscribed in the configuration of {organisation}. It is written by a program: answers are not read.',
    fr: 'Rollcall envoie ce message à {address}, abonné dans la configuration de {organisation}. Il est écrit par un programme : les réponses ne sont pas lues.',
    sv: 'Rollcall skickar detta till {address}, som prenumererar enligt konfigurationen för {organisation}. Det skrivs av ett program: svar läses inte.',
  },
  subjectChanges: { en: '{count} changes', fr: '{count} changements', sv: '{count} ändringar' },
  subjectOneChange: { en: '1 change', fr: '1 changement', sv: '1 ändring' },
  subjectNoChange: { en: 'nothing changed', fr: 'aucun changement', sv: 'inget ändrat' },
  csvName: { en: 'findings', fr: 'signalements', sv: 'anmarkningar' },
  csvHeads: {
    en: 'code|severity|kind|key|name|since|what happened|move of|what to do',
    fr: 'code|gravité|type|clé|nom|depuis|ce qui s’est passé|à qui d’agir|que faire',
    sv: 'kod|allvar|slag|nyckel|namn|sedan|vad som hände|vem ska agera|vad som ska göras',
  },
} as const satisfies Readonly<Record<string, Texts>>;

/** A text with its placeholders filled in. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
}
