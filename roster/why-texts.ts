import { DateTime } from 'luxon';
import { errorMeanings, isErrorCode } from './error-codes.ts';
import { findingMeanings } from './finding-codes.ts';
import type { Mover, Texts } from './next-move.ts';
import type { Verdict, VerdictCode } from './why.ts';

export const languages = ['en', 'fr', 'sv'] as const;
export type Language = (typeof languages)[number];

/** What a sentence is told with. */
export interface Telling {
  readonly language: Language;
  /** Names of the two systems, as the school knows them. */
  readonly source: string;
  readonly target: string;
  /** IANA zone in which times are told. */
  readonly zone: string;
  /** When the next run starts, as an ISO instant, where that is known. */
  readonly nextRunAt?: string;
}

/** Placeholders are {since} {run} {hold} {reason} {from} {to} {lesson} {start} {missing} {lessons} {what} {source} {target}. */
const sentences: Readonly<Record<VerdictCode, Texts>> = {
  NEVER_READ: {
    en: 'No run of this connection has read {source} completely yet.',
    fr: 'Aucune exécution de cette connexion n’a encore lu {source} en entier.',
    sv: 'Ingen körning av anslutningen har läst {source} helt och hållet ännu.',
  },
  NEVER_SEEN: {
    en: '{source} has never named it; read last at {since}, for {from} to {to}.',
    fr: '{source} ne l’a jamais communiqué ; dernière lecture le {since}, pour la période du {from} au {to}.',
    sv: '{source} har aldrig nämnt det; senast läst {since}, för {from} till {to}.',
  },
  ONLY_AT_TARGET: {
    en: '{target} holds it, but {source} has never named it: it was made there by hand or by another connector.',
    fr: '{target} le contient, mais {source} ne l’a jamais communiqué : il y a été créé à la main ou par un autre connecteur.',
    sv: '{target} har det, men {source} har aldrig nämnt det: det skapades där för hand eller av en annan koppling.',
  },
  HELD: {
    en: 'A change of it has waited for a decision since {since} (hold {hold}).',
    fr: 'Un changement attend une décision depuis le {since} (retenue {hold}).',
    sv: 'En ändring väntar på beslut sedan {since} (håll {hold}).',
  },
  APPROVED: {
    en: 'Its change was approved on {since} (hold {hold}); the next run sends it.',
    fr: 'Son changement a été approuvé le {since} (retenue {hold}) ; la prochaine exécution l’envoie.',
    sv: 'Ändringen godkändes {since} (håll {hold}); nästa körning skickar den.',
  },
  FINDING: { en: '{what}', fr: '{what}', sv: '{what}' },
  OUTSIDE_WINDOW: {
    en: 'The lesson is on {to}; it is sent by itself from {from} on.',
    fr: 'Le cours a lieu le {to} ; il est envoyé automatiquement à partir du {from}.',
    sv: 'Lektionen är den {to}; den skickas av sig själv från och med {from}.',
  },
  GONE: {
    en: '{source} has no longer named it since {since}.',
    fr: '{source} ne le communique plus depuis le {since}.',
    sv: '{source} nämner det inte längre sedan {since}.',
  },
  LEFT_OUT: {
    en: 'The options of the connection, or its pilot, leave it out.',
    fr: 'Les options de la connexion, ou son pilote, l’excluent.',
    sv: 'Anslutningens inställningar, eller dess pilot, utelämnar det.',
  },
  STOPPED: {
    en: 'The connection has been stopped since {since} ({reason}); this is not about this record.',
    fr: 'La connexion est arrêtée depuis le {since} ({reason}) ; cela ne concerne pas cet enregistrement.',
    sv: 'Anslutningen har varit stoppad sedan {since} ({reason}); det gäller inte just den här posten.',
  },
  PAUSED: {
    en: 'The connection is paused ({reason}); this is not about this record.',
    fr: 'La connexion est en pause ({reason}) ; cela ne concerne pas cet enregistrement.',
    sv: 'Anslutningen är pausad ({reason}); det gäller inte just den här posten.',
  },
  RUN_FAILED: {
    en: 'The last run failed at {since}: {what} This is not about this record.',
    fr: 'La dernière exécution a échoué le {since} : {what} Cela ne concerne pas cet enregistrement.',
    sv: 'Den senaste körningen misslyckades {since}: {what} Det gäller inte just den här posten.',
  },
  TRIAL: {
    en: 'The connection is in trial: it plans, and writes nothing yet.',
    fr: 'La connexion est à l’essai : elle planifie et n’écrit encore rien.',
    sv: 'Anslutningen är på prov: den planerar men skriver inget ännu.',
  },
  NO_LESSON: {
    en: 'No lesson from {from} to {to} names them; people are sent with their first lesson.',
    fr: 'Aucun cours du {from} au {to} ne mentionne cette personne ; elle est envoyée avec son premier cours.',
    sv: 'Ingen lektion från {from} till {to} nämner personen; personer skickas med sin första lektion.',
  },
  LESSONS_NOT_SENT: {
    en: 'None of their {lessons} coming lessons is sent; the first is “{lesson}”. {what}',
    fr: 'Aucun de ses {lessons} prochains cours n’est envoyé ; le premier est « {lesson} ». {what}',
    sv: 'Ingen av de {lessons} kommande lektionerna skickas; den första är ”{lesson}”. {what}',
  },
  NEXT_RUN: {
    en: '{source} names it and nothing speaks against it; the next run sends it.',
    fr: '{source} le communique et rien ne s’y oppose ; la prochaine exécution l’envoie.',
    sv: '{source} nämner det och inget talar emot det; nästa körning skickar det.',
  },
  NOT_AT_TARGET: {
    en: 'It was at {target} and is not in use there any more.',
    fr: 'Il était dans {target} et n’y est plus utilisé.',
    sv: 'Det fanns i {target} och används inte längre där.',
  },
  UNFINISHED: {
    en: 'It is at {target}, but run {run} ended before its last change was through; the next run takes it up.',
    fr: 'Il est dans {target}, mais l’exécution {run} s’est arrêtée avant la fin de son dernier changement ; la prochaine le reprend.',
    sv: 'Det finns i {target}, men körning {run} slutade innan den senaste ändringen var klar; nästa körning fortsätter.',
  },
  REJECTED_BY_PERSON: {
    en: 'It is at {target} as it was: a person rejected its last change on {since}.',
    fr: 'Il reste tel quel dans {target} : une personne a refusé son dernier changement le {since}.',
    sv: 'Det finns i {target} som det var: en person avslog den senaste ändringen {since}.',
  },
  MISSING_FROM_LESSONS: {
    en: 'At {target}, but missing from {missing} of {lessons} coming lessons; the first is “{lesson}”. {what}',
    fr: 'Présent dans {target}, mais absent de {missing} des {lessons} prochains cours ; le premier est « {lesson} ». {what}',
    sv: 'Finns i {target}, men saknas i {missing} av {lessons} kommande lektioner; den första är ”{lesson}”. {what}',
  },
  PEOPLE_MISSING: {
    en: 'It is at {target}, but people it names are missing from it: {missing}. {what}',
    fr: 'Il est dans {target}, mais il y manque des personnes prévues : {missing}. {what}',
    sv: 'Det finns i {target}, men personer som hör dit saknas: {missing}. {what}',
  },
  ATTENDANCE_STUCK: {
    en: 'At {target} and up to date, but {source} refused attendance lines: {missing}. Offered again from {since} on.',
    fr: 'À jour dans {target}, mais {source} a refusé des lignes d’assiduité : {missing}. Nouvel envoi à partir du {since}.',
    sv: 'Uppdaterat i {target}, men {source} avvisade närvarorader: {missing}. Skickas igen från och med {since}.',
  },
  AT_TARGET: {
    en: 'It is at {target} and up to date as of {since} (run {run}).',
    fr: 'Il est dans {target} et à jour au {since} (exécution {run}).',
    sv: 'Det finns i {target} och är uppdaterat per {since} (körning {run}).',
  },
};

const moves: Readonly<Record<Mover, Texts>> = {
  school: { en: 'The school’s move.', fr: 'À l’établissement d’agir.', sv: 'Skolan behöver agera.' },
  vendor: { en: 'The vendor’s move.', fr: 'À l’éditeur d’agir.', sv: 'Leverantören behöver agera.' },
  operator: { en: 'Our move.', fr: 'À nous d’agir.', sv: 'Vi behöver agera.' },
  nobody: { en: 'Nobody needs to do anything.', fr: 'Rien à faire.', sv: 'Ingen behöver göra något.' },
};

/** What to do about a verdict that no code of a record or run explains. */
const steps: Readonly<Partial<Record<VerdictCode, Texts>>> = {
  NEVER_SEEN: {
    en: 'See that it is in {source}, within the days that are sent and the directories of the connection.',
    fr: 'Vérifiez qu’il est dans {source}, dans la période envoyée et les annuaires de la connexion.',
    sv: 'Kontrollera att det finns i {source}, inom dagarna som skickas och anslutningens kataloger.',
  },
  NEVER_READ: {
    en: 'Start a sync, and see that it completes.',
    fr: 'Lancez une synchronisation et vérifiez qu’elle aboutit.',
    sv: 'Starta en synkronisering och se att den blir klar.',
  },
  ONLY_AT_TARGET: {
    en: 'Enter it in {source} if it should be synced; else leave it.',
    fr: 'Saisissez-le dans {source} s’il doit être synchronisé ; sinon, laissez-le.',
    sv: 'Lägg in det i {source} om det ska synkas; låt det annars vara.',
  },
  REJECTED_BY_PERSON: {
    en: 'Correct it in {source}: what differs from the rejected change is planned again.',
    fr: 'Corrigez-le dans {source} : ce qui diffère du changement refusé est planifié de nouveau.',
    sv: 'Rätta det i {source}: det som skiljer sig från den avslagna ändringen planeras på nytt.',
  },
  HELD: { en: 'Approve or reject it.', fr: 'Approuvez-le ou refusez-le.', sv: 'Godkänn eller avslå.' },
  GONE: {
    en: 'If that is a mistake, put it back in {source}.',
    fr: 'Si c’est une erreur, rétablissez-le dans {source}.',
    sv: 'Om det är ett misstag, lägg tillbaka det i {source}.',
  },
  LEFT_OUT: {
    en: 'If it should be sent, correct its directory or the options.',
    fr: 'S’il doit être envoyé, corrigez son annuaire ou les options.',
    sv: 'Om det ska skickas, rätta katalogen eller inställningarna.',
  },
  STOPPED: {
    en: 'It goes on by itself once the stop is lifted.',
    fr: 'La reprise est automatique dès que l’arrêt est levé.',
    sv: 'Det fortsätter av sig självt när stoppet hävs.',
  },
  PAUSED: {
    en: 'Nothing is lost: what changes meanwhile is sent when the pause ends.',
    fr: 'Rien n’est perdu : ce qui change entre-temps est envoyé à la fin de la pause.',
    sv: 'Inget går förlorat: det som ändras under tiden skickas när pausen är slut.',
  },
  TRIAL: {
    en: 'It is sent after go-live.',
    fr: 'L’envoi commence à la mise en service.',
    sv: 'Det skickas efter driftstart.',
  },
  NOT_AT_TARGET: {
    en: 'Restore it there if that was a mistake.',
    fr: 'Rétablissez-le dans la cible si c’était une erreur.',
    sv: 'Återställ det där om det var ett misstag.',
  },
};

const again: Texts = {
  en: 'Looked at again in the next run.',
  fr: 'Nouvel examen à la prochaine exécution.',
  sv: 'Granskas igen i nästa körning.',
};
const againAt: Texts = {
  en: 'Looked at again in the run of {next}.',
  fr: 'Nouvel examen à l’exécution du {next}.',
  sv: 'Granskas igen i körningen {next}.',
};

function whenAgain(telling: Telling): string {
  const { language, nextRunAt } = telling;
  if (nextRunAt === undefined) return again[language];
  return againAt[language].replace('{next}', timeIn(nextRunAt, telling));
}

/**
 * What a letter to a school says instead: no numbers of runs and holds, no titles (one may name somebody), no words that
 * operators wrote for each other.
 */
const inLetters: Readonly<Partial<Record<VerdictCode, Texts>>> = {
  HELD: {
    en: 'A change has waited for your decision since {since}: a large part of the data would change at once.',
    fr: 'Un changement attend votre décision depuis le {since} : une grande partie des données changerait d’un coup.',
    sv: 'En ändring väntar på ert beslut sedan {since}: en stor del av uppgifterna skulle ändras på en gång.',
  },
  APPROVED: {
    en: 'The change was approved on {since} and is sent with the next transfer.',
    fr: 'Le changement a été approuvé le {since} et part avec le prochain transfert.',
    sv: 'Ändringen godkändes {since} och skickas med nästa överföring.',
  },
  STOPPED: {
    en: 'The transfer has been paused on our side since {since}; this is not about your entry.',
    fr: 'Le transfert est suspendu de notre côté depuis le {since} ; votre saisie n’est pas en cause.',
    sv: 'Överföringen är pausad hos oss sedan {since}; det beror inte på er uppgift.',
  },
  PAUSED: {
    en: 'The transfer is paused; this is not about your entry.',
    fr: 'Le transfert est en pause ; votre saisie n’est pas en cause.',
    sv: 'Överföringen är pausad; det beror inte på er uppgift.',
  },
  RUN_FAILED: {
    en: 'The last transfer failed at {since}: {what} This is not about your entry.',
    fr: 'Le dernier transfert a échoué le {since} : {what} Votre saisie n’est pas en cause.',
    sv: 'Den senaste överföringen misslyckades {since}: {what} Det beror inte på er uppgift.',
  },
  LESSONS_NOT_SENT: {
    en: 'None of the coming lessons ({lessons}) is sent yet; the first is on {start}. {what}',
    fr: 'Aucun des prochains cours ({lessons}) n’est encore envoyé ; le premier a lieu le {start}. {what}',
    sv: 'Ingen av de kommande lektionerna ({lessons}) har skickats ännu; den första är {start}. {what}',
  },
  UNFINISHED: {
    en: 'The last change has not reached {target} yet; the next transfer takes it up.',
    fr: 'Le dernier changement n’est pas encore arrivé dans {target} ; le prochain transfert le reprend.',
    sv: 'Den senaste ändringen har inte nått {target} ännu; nästa överföring fortsätter.',
  },
  MISSING_FROM_LESSONS: {
    en: 'At {target}, but missing from {missing} of {lessons} coming lessons; the first is on {start}. {what}',
    fr: 'Présent dans {target}, mais absent de {missing} des {lessons} prochains cours ; le premier a lieu le {start}. {what}',
    sv: 'Finns i {target}, men saknas i {missing} av {lessons} kommande lektioner; den första är {start}. {what}',
  },
  AT_TARGET: {
    en: 'Everything is at {target} and up to date as of {since}.',
    fr: 'Tout est dans {target} et à jour au {since}.',
    sv: 'Allt finns i {target} och är uppdaterat per {since}.',
  },
};

const movesInLetters: Readonly<Record<Mover, Texts>> = {
  school: { en: 'This is in your hands.', fr: 'La correction est de votre côté.', sv: 'Det ligger hos er.' },
  vendor: {
    en: 'The vendor has to correct this.',
    fr: 'C’est à l’éditeur de corriger.',
    sv: 'Leverantören behöver rätta det.',
  },
  operator: { en: 'We are taking care of it.', fr: 'Nous nous en occupons.', sv: 'Vi tar hand om det.' },
  nobody: { en: 'You need not do anything.', fr: 'Vous n’avez rien à faire.', sv: 'Ni behöver inte göra något.' },
};

/** The verdict in one sentence. */
export function sentenceOf(verdict: Verdict, telling: Telling): string {
  return told(sentences[verdict.code], verdict, telling);
}

function told(texts: Texts, verdict: Verdict, telling: Telling): string {
  const { language } = telling;
  const { code } = verdict.facts;
  const ofRun = code !== undefined && isErrorCode(code) ? errorMeanings[code].what[language] : '';
  const what = verdict.finding === undefined ? ofRun : findingMeanings[verdict.finding].what[language];
  return filled(texts[language], verdict, telling, what).replace(/ {2,}/g, ' ').trim();
}

/** Whose move it is, what to do, and when it is looked at again. */
export function moveOf(verdict: Verdict, telling: Telling): string {
  const { language } = telling;
  const parts = [moves[verdict.mover][language], nextStep(verdict, telling)];
  if (verdict.mover !== 'nobody') parts.push(whenAgain(telling));
  return parts.filter((part) => part !== '').join(' ');
}

function nextStep(verdict: Verdict, telling: Telling): string {
  const { language } = telling;
  if (verdict.finding !== undefined) return findingMeanings[verdict.finding].next[language];
  const { code } = verdict.facts;
  if (code !== undefined && isErrorCode(code)) return errorMeanings[code].next[language];
  const step = steps[verdict.code];
  return step === undefined ? '' : filled(step[language], verdict, telling, '');
}

function filled(text: string, { facts }: Verdict, telling: Telling, what: string): string {
  const values: Readonly<Record<string, string>> = {
    source: telling.source,
    target: telling.target,
    what,
    since: facts.since === undefined ? '–' : timeIn(facts.since, telling),
    from: facts.from === undefined ? '–' : dayIn(facts.from, telling),
    to: facts.to === undefined ? '–' : dayIn(facts.to, telling),
    run: String(facts.run ?? '–'),
    hold: String(facts.hold ?? '–'),
    reason: facts.reason ?? '–',
    lesson: facts.lesson ?? '–',
    start: facts.startsAt === undefined ? '–' : timeIn(facts.startsAt, telling),
    missing: String(facts.missing ?? 0),
    lessons: String(facts.lessons ?? 0),
  };
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}

function timeIn(instant: string, { zone, language }: Telling): string {
  return DateTime.fromISO(instant, { zone })
    .setLocale(language === 'en' ? 'en-GB' : language)
    .toFormat('d MMM yyyy HH:mm');
}

function dayIn(date: string, { language }: Telling): string {
  return DateTime.fromISO(date)
    .setLocale(language === 'en' ? 'en-GB' : language)
    .toFormat('d MMM yyyy');
}

const openings: Texts = {
  en: 'Hello,\n\nyou asked about {name}. ',
  fr: 'Bonjour,\n\nvous nous avez interrogés au sujet de {name}. ',
  sv: 'Hej,\n\nni frågade om {name}. ',
};
const closings: Texts = {
  en: '\n\nKind regards',
  fr: '\n\nBien cordialement',
  sv: '\n\nVänliga hälsningar',
};

/**
 * A paragraph that support can paste: what the school asked for, in its language, with nobody else's data in it and no
 * numbers of ours. What operators are to do is not told.
 */
export function replyOf(name: string, verdict: Verdict, telling: Telling): string {
  const { language } = telling;
  const sentence = told(inLetters[verdict.code] ?? sentences[verdict.code], verdict, telling);
  const toOperators = verdict.mover === 'operator' || verdict.code === 'RUN_FAILED';
  const step = toOperators ? '' : nextStep(verdict, telling);
  const move = [movesInLetters[verdict.mover][language], step, verdict.mover === 'nobody' ? '' : whenAgain(telling)];
  return (
    openings[language].replace('{name}', () => name) +
    [sentence, ...move].filter((part) => part !== '').join(' ') +
    closings[language]
  );
}
