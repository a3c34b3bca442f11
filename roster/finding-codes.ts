import type { Mover, Texts } from './next-move.ts';

/*
 * The closed list of a record's problems: in tables, on screens and in the docs.
 */

export interface FindingMeaning {
  readonly severity: 'info' | 'warning' | 'error';
  readonly mover: Mover;
  /** What happened, without the record's own words: a school may read it. */
  readonly what: Texts;
  /** What to do next. */
  readonly next: Texts;
}

/** What a record's problem means: data on the record's timeline, never an exception. */
export const findingMeanings = {
  PERSON_INCOMPLETE: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'Last name, first name or a usable e-mail is missing in the source.',
      fr: 'Nom, prénom ou e-mail utilisable manque dans la source.',
      sv: 'Efternamn, förnamn eller en användbar e-postadress saknas i källan.',
    },
    next: {
      en: 'Fill in the missing field of this person in the source.',
      fr: 'Complétez le champ manquant de cette personne dans la source.',
      sv: 'Fyll i personens saknade fält i källan.',
    },
  },
  PROTECTED_UNDECIDED: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'The identity is protected, and the organisation has not chosen how to treat that.',
      fr: 'L’identité est protégée et l’organisation n’a pas choisi comment la traiter.',
      sv: 'Identiteten är skyddad och organisationen har inte valt hur det ska hanteras.',
    },
    next: {
      en: 'Choose with “rollcall protected-identities”: sync them, or leave them out.',
      fr: 'Choisissez avec « rollcall protected-identities » : les envoyer ou les exclure.',
      sv: 'Välj med ”rollcall protected-identities”: skicka dem eller utelämna dem.',
    },
  },
  LESSON_WITHOUT_INSTRUCTOR: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'The lesson has no instructor who can be sent.',
      fr: 'Le cours n’a aucun formateur transmissible.',
      sv: 'Lektionen har ingen lärare som kan skickas.',
    },
    next: {
      en: 'Give the lesson an instructor with first name, last name and e-mail.',
      fr: 'Affectez un formateur avec prénom, nom et e-mail.',
      sv: 'Ge lektionen en lärare med förnamn, efternamn och e-post.',
    },
  },
  LESSON_WITHOUT_LEARNER: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'The lesson has no learner who can be sent.',
      fr: 'Le cours n’a aucun apprenant transmissible.',
      sv: 'Lektionen har ingen elev som kan skickas.',
    },
    next: {
      en: 'Give the lesson at least one learner with first name, last name and e-mail.',
      fr: 'Affectez au moins un apprenant avec prénom, nom et e-mail.',
      sv: 'Ge lektionen minst en elev med förnamn, efternamn och e-post.',
    },
  },
  LESSON_NOT_CONFIRMED: {
    severity: 'info',
    mover: 'school',
    what: {
      en: 'The lesson is not confirmed in the source yet.',
      fr: 'Le cours n’est pas encore confirmé dans la source.',
      sv: 'Lektionen är inte bekräftad i källan ännu.',
    },
    next: {
      en: 'The lesson is sent once it is confirmed in the source.',
      fr: 'Le cours sera envoyé une fois confirmé dans la source.',
      sv: 'Lektionen skickas när den har bekräftats i källan.',
    },
  },
  LESSON_CANCELLED: {
    severity: 'info',
    mover: 'nobody',
    what: {
      en: 'The source cancelled the lesson.',
      fr: 'La source a annulé le cours.',
      sv: 'Källan har ställt in lektionen.',
    },
    next: {
      en: 'The source cancelled the lesson; it is removed at the target unless it has started.',
      fr: "La source a annulé le cours ; il est retiré de la cible s'il n'a pas commencé.",
      sv: 'Källan har ställt in lektionen; den tas bort i målsystemet om den inte har börjat.',
    },
  },
  LESSON_VANISHED: {
    severity: 'info',
    mover: 'nobody',
    what: {
      en: 'The source no longer lists the lesson: it was moved or cancelled.',
      fr: 'La source ne liste plus ce cours : il a été déplacé ou annulé.',
      sv: 'Källan listar inte längre lektionen: den är flyttad eller inställd.',
    },
    next: {
      en: 'The lesson was moved or cancelled: the source no longer lists it in the window.',
      fr: 'Cours déplacé ou annulé : la source ne le liste plus dans la période.',
      sv: 'Lektionen är flyttad eller inställd: källan listar den inte längre i perioden.',
    },
  },
  LESSON_IN_PAST: {
    severity: 'info',
    mover: 'nobody',
    what: {
      en: 'The lesson had begun before it could be sent.',
      fr: 'Le cours avait commencé avant de pouvoir être envoyé.',
      sv: 'Lektionen hade börjat innan den kunde skickas.',
    },
    next: {
      en: 'The lesson had begun before it could be sent; it is not created any more.',
      fr: "Le cours avait commencé avant l'envoi ; il n'est plus créé.",
      sv: 'Lektionen hade börjat innan den kunde skickas; den skapas inte längre.',
    },
  },
  DUPLICATE_KEY: {
    severity: 'error',
    mover: 'vendor',
    what: {
      en: 'The source lists this identifier more than once.',
      fr: 'La source liste cet identifiant plusieurs fois.',
      sv: 'Källan listar den här identiteten mer än en gång.',
    },
    next: {
      en: 'The source lists this key more than once with different content; the first one counts.',
      fr: 'La source liste cette clé plusieurs fois avec des contenus différents ; la première compte.',
      sv: 'Källan listar nyckeln flera gånger med olika innehåll; den första gäller.',
    },
  },
  LESSON_SAME_DAY: {
    severity: 'warning',
    mover: 'school',
    what: {
      en: 'The lesson was made on the very day it takes place.',
      fr: 'Le cours a été créé le jour même où il a lieu.',
      sv: 'Lektionen skapades samma dag som den äger rum.',
    },
    next: {
      en: 'A lesson made on the day it takes place is not created. Plan it at least a day ahead, or take attendance by hand.',
      fr: "Un cours créé le jour même n'est pas envoyé. Planifiez-le au moins la veille, ou faites l'appel à la main.",
      sv: 'En lektion som läggs samma dag skapas inte. Planera den minst en dag i förväg, eller ta närvaro för hand.',
    },
  },
  LESSON_OUTSIDE_WINDOW: {
    severity: 'info',
    mover: 'nobody',
    what: {
      en: 'The lesson lies beyond the days that are sent.',
      fr: 'Le cours est au-delà des jours envoyés.',
      sv: 'Lektionen ligger utanför de dagar som skickas.',
    },
    next: {
      en: 'The lesson is sent by itself once its date comes into the window.',
      fr: 'Le cours sera envoyé automatiquement dès que sa date entre dans la période.',
      sv: 'Lektionen skickas av sig själv när dess datum kommer in i perioden.',
    },
  },
  LESSON_WITHOUT_TITLE: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'The lesson has no title in the source.',
      fr: 'Le cours n’a pas d’intitulé dans la source.',
      sv: 'Lektionen saknar titel i källan.',
    },
    next: {
      en: 'Give the lesson a title in the source.',
      fr: 'Donnez un titre au cours dans la source.',
      sv: 'Ge lektionen en titel i källan.',
    },
  },
  LESSON_TIMES_INVALID: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'The lesson has no end, or ends before it starts.',
      fr: 'Le cours n’a pas de fin, ou finit avant de commencer.',
      sv: 'Lektionen saknar slut, eller slutar innan den börjar.',
    },
    next: {
      en: 'Give the lesson an end after its start in the source.',
      fr: 'Indiquez dans la source une fin postérieure au début.',
      sv: 'Ge lektionen ett slut efter sin början i källan.',
    },
  },
  LESSON_FILTERED: {
    severity: 'info',
    mover: 'school',
    what: {
      en: 'The connection does not take the directory of its people.',
      fr: 'La connexion ne prend pas l’annuaire de ses participants.',
      sv: 'Anslutningen tar inte katalogen som dess personer finns i.',
    },
    next: {
      en: 'The directory options of the connection leave it out. Correct the directory of its people, or the options.',
      fr: 'Les annuaires choisis pour la connexion excluent ce cours. Corrigez les fiches ou les options.',
      sv: 'Anslutningens katalogval utesluter den. Rätta personernas katalog eller inställningarna.',
    },
  },
  WRONG_DIRECTORY: {
    severity: 'info',
    mover: 'school',
    what: {
      en: 'The connection does not take the directory it is in.',
      fr: 'La connexion ne prend pas l’annuaire où il se trouve.',
      sv: 'Anslutningen tar inte katalogen som den finns i.',
    },
    next: {
      en: 'The directory options of the connection leave this record out. Correct its directory, or the options.',
      fr: 'Les annuaires choisis pour la connexion excluent cette fiche. Corrigez son annuaire ou les options.',
      sv: 'Anslutningens katalogval utesluter posten. Rätta dess katalog eller inställningarna.',
    },
  },
  RECORD_UNREADABLE: {
    severity: 'error',
    mover: 'vendor',
    what: {
      en: 'The source gave a row whose identifier cannot be read.',
      fr: 'La source a donné une ligne dont l’identifiant est illisible.',
      sv: 'Källan gav en rad vars identitet inte går att läsa.',
    },
    next: {
      en: 'The source gave a row whose key cannot be read; nothing of its kind is removed in this run. Correct it in the source.',
      fr: "La source a donné une ligne sans clé lisible ; rien de ce type n'est supprimé cette fois. Corrigez-la dans la source.",
      sv: 'Källan gav en rad utan läsbar nyckel; inget av det slaget tas bort i den här körningen. Rätta den i källan.',
    },
  },
  DUPLICATE_INSTRUCTOR_EMAIL: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'Another instructor has the same e-mail address and keeps it.',
      fr: 'Un autre formateur a la même adresse e-mail et la garde.',
      sv: 'En annan lärare har samma e-postadress och behåller den.',
    },
    next: {
      en: 'Two instructors have one e-mail address. Merge them or correct the address in the source.',
      fr: "Deux formateurs ont la même adresse. Fusionnez-les ou corrigez l'adresse dans la source.",
      sv: 'Två lärare har samma e-postadress. Slå ihop dem eller rätta adressen i källan.',
    },
  },
  DUPLICATE_LEARNER_EMAIL: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'Another learner has the same e-mail address and keeps it.',
      fr: 'Un autre apprenant a la même adresse e-mail et la garde.',
      sv: 'En annan elev har samma e-postadress och behåller den.',
    },
    next: {
      en: 'Two learners have one e-mail address; lessons go without this one. Correct the address in the source.',
      fr: "Deux apprenants ont la même adresse ; les cours partent sans celui-ci. Corrigez l'adresse dans la source.",
      sv: 'Två elever har samma e-postadress; lektionerna skickas utan den här. Rätta adressen i källan.',
    },
  },
  GROUP_WITHOUT_NAME: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'The group has no name in the source.',
      fr: 'Le groupe n’a pas de nom dans la source.',
      sv: 'Gruppen saknar namn i källan.',
    },
    next: {
      en: 'Give the group a name in the source.',
      fr: 'Donnez un nom au groupe dans la source.',
      sv: 'Ge gruppen ett namn i källan.',
    },
  },
  GROUP_WITHOUT_MEMBERS: {
    severity: 'warning',
    mover: 'school',
    what: {
      en: 'No learner is attached to the group in the source.',
      fr: 'Aucun apprenant n’est rattaché au groupe dans la source.',
      sv: 'Ingen elev är kopplad till gruppen i källan.',
    },
    next: {
      en: 'Attach learners to the group in the source.',
      fr: 'Rattachez des apprenants au groupe dans la source.',
      sv: 'Koppla elever till gruppen i källan.',
    },
  },
  GROUP_MEMBERS_ABSENT: {
    severity: 'info',
    mover: 'nobody',
    what: {
      en: 'Some members of the group have no lesson yet and are not at the target.',
      fr: 'Certains membres du groupe n’ont pas encore de cours et ne sont pas dans la cible.',
      sv: 'Några i gruppen har ingen lektion ännu och finns inte i målsystemet.',
    },
    next: {
      en: 'Members without a lesson in the window do not exist at the target yet; they join the group by themselves.',
      fr: "Les membres sans cours dans la période n'existent pas encore dans la cible ; ils rejoindront le groupe d'eux-mêmes.",
      sv: 'Medlemmar utan lektion i perioden finns inte i målsystemet än; de kommer med i gruppen av sig själva.',
    },
  },
  KEY_CHANGED: {
    severity: 'warning',
    mover: 'school',
    what: {
      en: 'It looks like a known record under a new identifier.',
      fr: 'Il ressemble à un enregistrement connu sous un nouvel identifiant.',
      sv: 'Det liknar en känd post under en ny identitet.',
    },
    next: {
      en: 'It looks like a known record under a new key. The old one stays in use until somebody decides.',
      fr: "Cela ressemble à une fiche connue sous une nouvelle clé. L'ancienne reste en service jusqu'à décision.",
      sv: 'Det ser ut som en känd post med ny nyckel. Den gamla används tills någon bestämmer.',
    },
  },
  EMAIL_TAKEN: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'Somebody else at the target has this e-mail address.',
      fr: 'Quelqu’un d’autre utilise cette adresse e-mail dans la cible.',
      sv: 'Någon annan har den här e-postadressen i målsystemet.',
    },
    next: {
      en: 'The e-mail address belongs to somebody else at the target. Correct it there or in the source.',
      fr: "L'adresse appartient à une autre personne dans la cible. Corrigez-la là-bas ou dans la source.",
      sv: 'E-postadressen tillhör någon annan i målsystemet. Rätta den där eller i källan.',
    },
  },
  ADOPTION_AMBIGUOUS: {
    severity: 'warning',
    mover: 'school',
    what: {
      en: 'More than one object at the target fits.',
      fr: 'Plusieurs objets de la cible correspondent.',
      sv: 'Mer än ett objekt i målsystemet passar.',
    },
    next: {
      en: 'More than one object at the target fits. Remove the spare ones there, then sync again.',
      fr: 'Plusieurs objets de la cible correspondent. Supprimez ceux de trop, puis relancez.',
      sv: 'Fler än ett objekt i målsystemet passar. Ta bort de överflödiga där och synka igen.',
    },
  },
  HELD_BY_OTHER: {
    severity: 'warning',
    mover: 'operator',
    what: {
      en: 'Another connector made it at the target.',
      fr: 'Un autre connecteur l’a créé dans la cible.',
      sv: 'En annan koppling har skapat det i målsystemet.',
    },
    next: {
      en: 'Another connector made it at the target and is left alone. Switch that one off, then name it in takeOverFrom.',
      fr: "Un autre connecteur l'a créé dans la cible ; rien n'est touché. Arrêtez-le, puis nommez-le dans takeOverFrom.",
      sv: 'En annan koppling har skapat den i målsystemet och den lämnas orörd. Stäng av den och ange den i takeOverFrom.',
    },
  },
  DRIFTED: {
    severity: 'warning',
    mover: 'school',
    what: {
      en: 'Somebody changed it by hand at the target.',
      fr: 'Quelqu’un l’a modifié à la main dans la cible.',
      sv: 'Någon har ändrat det för hand i målsystemet.',
    },
    next: {
      en: 'Somebody changed it by hand at the target; that stays. Make the change in the source instead.',
      fr: "Quelqu'un l'a modifié à la main dans la cible ; cela reste ainsi. Faites plutôt la modification dans la source.",
      sv: 'Någon har ändrat den för hand i målsystemet; det får stå kvar. Gör ändringen i källan i stället.',
    },
  },
  MEMBER_REMOVED_AT_TARGET: {
    severity: 'warning',
    mover: 'school',
    what: {
      en: 'Somebody took the learner off the sheet by hand.',
      fr: 'Quelqu’un a retiré l’apprenant de la feuille à la main.',
      sv: 'Någon har tagit bort eleven från listan för hand.',
    },
    next: {
      en: 'Somebody took this learner off by hand at the target; they are not put back. Do it there, or correct the source.',
      fr: "Quelqu'un a retiré cet apprenant à la main dans la cible ; il n'est pas remis. Faites-le là-bas ou corrigez la source.",
      sv: 'Någon tog bort eleven för hand i målsystemet; den läggs inte tillbaka. Gör det där eller rätta källan.',
    },
  },
  CHANGE_REJECTED: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'The target refused the change.',
      fr: 'La cible a refusé le changement.',
      sv: 'Målsystemet avvisade ändringen.',
    },
    next: {
      en: 'The target refused this change. Read its words, correct the record, and sync again.',
      fr: 'La cible a refusé ce changement. Lisez son message, corrigez la donnée et relancez.',
      sv: 'Målsystemet nekade ändringen. Läs dess svar, rätta posten och synka igen.',
    },
  },
  CHANGE_STALE: {
    severity: 'warning',
    mover: 'nobody',
    what: {
      en: 'The lesson had started, was signed or was locked when its turn came.',
      fr: 'Le cours avait commencé, était signé ou verrouillé quand son tour est venu.',
      sv: 'Lektionen hade börjat, var signerad eller låst när det blev dess tur.',
    },
    next: {
      en: 'The lesson had started, was signed or locked when its turn came; it stays as it is.',
      fr: 'Le cours avait commencé, était signé ou verrouillé ; il reste tel quel.',
      sv: 'Lektionen hade börjat, var signerad eller låst när det blev dess tur; den lämnas orörd.',
    },
  },
  CHANGE_HELD: {
    severity: 'warning',
    mover: 'school',
    what: {
      en: 'The change is held until a person decides.',
      fr: 'Le changement est retenu jusqu’à la décision d’une personne.',
      sv: 'Ändringen hålls tills en person bestämmer.',
    },
    next: {
      en: 'The change is part of more than the safety limit allows; a person must decide.',
      fr: 'Ce changement dépasse la limite de sécurité ; une personne doit décider.',
      sv: 'Ändringen är del av fler än säkerhetsgränsen tillåter; en person måste bestämma.',
    },
  },
  CHANGE_SUPPRESSED: {
    severity: 'info',
    mover: 'nobody',
    what: {
      en: 'A person rejected this change.',
      fr: 'Une personne a refusé ce changement.',
      sv: 'En person har avslagit ändringen.',
    },
    next: {
      en: 'A person rejected this very change; it is planned again once its content differs.',
      fr: 'Une personne a refusé ce changement ; il sera de nouveau proposé si son contenu diffère.',
      sv: 'En person avslog just den här ändringen; den föreslås igen om innehållet blir ett annat.',
    },
  },
  CHANGE_WAITS: {
    severity: 'warning',
    mover: 'nobody',
    what: {
      en: 'The change waits for another one.',
      fr: 'Le changement en attend un autre.',
      sv: 'Ändringen väntar på en annan.',
    },
    next: {
      en: 'The change waits for another one that it depends on; it is planned again in the next run.',
      fr: 'Ce changement attend un autre dont il dépend ; il sera replanifié à la prochaine exécution.',
      sv: 'Ändringen väntar på en annan som den beror på; den planeras igen i nästa körning.',
    },
  },
  CHANGE_WAITS_FOR_TIME: {
    severity: 'info',
    mover: 'nobody',
    what: {
      en: 'The change waits for the end of a time in which only new records pass.',
      fr: 'Le changement attend la fin d’une période où seuls les ajouts passent.',
      sv: 'Ändringen väntar tills en period då bara nya poster släpps igenom är över.',
    },
    next: {
      en: 'A pause or the calendar lets only new records pass now; it is planned again when that ends. See “rollcall waiting”.',
      fr: 'Une pause ou le calendrier ne laisse passer que les ajouts ; il sera replanifié ensuite. Voyez « rollcall waiting ».',
      sv: 'En paus eller kalendern släpper bara igenom nya poster just nu; ändringen planeras igen efteråt. Se ”rollcall waiting”.',
    },
  },
  REMOVED_AT_TARGET: {
    severity: 'warning',
    mover: 'school',
    what: {
      en: 'Somebody removed it by hand at the target.',
      fr: 'Quelqu’un l’a supprimé à la main dans la cible.',
      sv: 'Någon har tagit bort det för hand i målsystemet.',
    },
    next: {
      en: 'Somebody removed it by hand at the target; it is not made again. Restore it there if that was a mistake.',
      fr: "Quelqu'un l'a supprimé à la main dans la cible ; il n'est pas recréé. Restaurez-le là-bas si c'est une erreur.",
      sv: 'Någon tog bort den för hand i målsystemet; den skapas inte igen. Återställ den där om det var ett misstag.',
    },
  },
  DOUBLE_REMOVED: {
    severity: 'warning',
    mover: 'nobody',
    what: {
      en: 'A second object was made by a late request and is removed.',
      fr: 'Une requête tardive a créé un double, qui est supprimé.',
      sv: 'En sen begäran skapade en dubblett, som tas bort.',
    },
    next: {
      en: 'A request of an interrupted worker arrived late and made a second object; the spare one is removed.',
      fr: 'Une requête interrompue est arrivée en retard et a créé un doublon ; le surplus est supprimé.',
      sv: 'En avbruten begäran kom fram sent och skapade en dubblett; den överflödiga tas bort.',
    },
  },
  ATTENDANCE_REJECTED: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'The source refused the attendance line.',
      fr: 'La source a refusé la ligne d’assiduité.',
      sv: 'Källan avvisade närvaroraden.',
    },
    next: {
      en: 'The source refused this attendance line. Read its words and correct the lesson there.',
      fr: "La source a refusé cette ligne d'assiduité. Lisez son message et corrigez le cours.",
      sv: 'Källan nekade närvaroraden. Läs dess svar och rätta lektionen där.',
    },
  },
  ATTENDANCE_REASON_UNMAPPED: {
    severity: 'error',
    mover: 'school',
    what: {
      en: 'The reason of this absence is not mapped to a reason of the source; its attendance line waits.',
      fr: 'Le motif de cette absence n’est associé à aucun motif de la source ; la ligne d’assiduité attend.',
      sv: 'Orsaken till frånvaron är inte kopplad till någon orsak i källan; närvaroraden väntar.',
    },
    next: {
      en: 'Map it with “rollcall reasons”; the next run then sends the line by itself.',
      fr: 'Associez-le avec « rollcall reasons » ; la prochaine exécution enverra la ligne d’elle-même.',
      sv: 'Koppla den med ”rollcall reasons”; nästa körning skickar då raden av sig själv.',
    },
  },
  ATTENDANCE_UNPLACED: {
    severity: 'warning',
    mover: 'school',
    what: {
      en: 'The attendance is of somebody the source does not know in this lesson.',
      fr: 'L’assiduité concerne quelqu’un que la source ne connaît pas dans ce cours.',
      sv: 'Närvaron gäller någon som källan inte känner till i lektionen.',
    },
    next: {
      en: 'Attendance of somebody who is not a learner from the source (added by hand) cannot be returned.',
      fr: "L'assiduité d'une personne ajoutée à la main ne peut pas être renvoyée.",
      sv: 'Närvaro för någon som lagts till för hand kan inte skickas tillbaka.',
    },
  },
  VENDOR_SHAPE_CHANGED: {
    severity: 'warning',
    mover: 'vendor',
    what: {
      en: 'The answers of the outside system have another shape than before.',
      fr: 'Les réponses du système externe n’ont plus la même forme qu’avant.',
      sv: 'Svaren från det andra systemet har en annan form än förut.',
    },
    next: {
      en: 'Ask the vendor what changed, and look whether more findings are open than before. See “rollcall shape”.',
      fr: 'Demandez à l’éditeur ce qui a changé et regardez s’il y a plus de signalements. Voyez « rollcall shape ».',
      sv: 'Fråga leverantören vad som ändrats och se om fler anmärkningar än förut är öppna. Se ”rollcall shape”.',
    },
  },
} as const satisfies Record<string, FindingMeaning>;

export type FindingCode = keyof typeof findingMeanings;

/** A problem of one record, as a step reports it. */
export interface Finding {
  readonly code: FindingCode;
  readonly kind: string;
  readonly syncKey: string;
  /** What people call the record; stays in the store. */
  readonly label?: string;
  /** What happened, for a person: stays in the store. */
  readonly detail: string;
}

export function isFindingCode(text: string): text is FindingCode {
  return Object.hasOwn(findingMeanings, text);
}
