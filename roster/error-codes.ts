import type { Mover, Texts } from './next-move.ts';

/*
 * The closed list of a system's problems: Temporal failure type, in tables, on screens and in the docs.
 */

export interface ErrorMeaning {
  /** Whether the same step may succeed when it is simply tried again. */
  readonly retry: boolean;
  readonly mover: Mover;
  /** What happened. */
  readonly what: Texts;
  /** What to do next. */
  readonly next: Texts;
}

/** Problems of a system: they end a step. */
export const errorMeanings = {
  SOURCE_UNREACHABLE: {
    retry: true,
    mover: 'school',
    what: {
      en: 'The source did not answer.',
      fr: 'La source n’a pas répondu.',
      sv: 'Källan svarade inte.',
    },
    next: {
      en: 'Check that the source system runs and that its address is right; the run is tried again by itself.',
      fr: 'Vérifiez que le système source fonctionne et que son adresse est exacte ; un nouvel essai est automatique.',
      sv: 'Kontrollera att källsystemet är igång och att adressen stämmer; körningen görs om av sig själv.',
    },
  },
  SOURCE_ANSWER_INVALID: {
    retry: true,
    mover: 'vendor',
    what: {
      en: 'The source answered with something that is not data.',
      fr: 'La source a répondu autre chose que des données.',
      sv: 'Källan svarade med något som inte är data.',
    },
    next: {
      en: 'The source answered with something that is not data. If it lasts, show this error to its vendor.',
      fr: "La source a répondu autre chose que des données. Si cela dure, montrez cette erreur à l'éditeur.",
      sv: 'Källan svarade med något som inte är data. Om det fortsätter, visa felet för leverantören.',
    },
  },
  SOURCE_DRIFTED: {
    retry: true,
    mover: 'nobody',
    what: {
      en: 'The source changed while it was being read.',
      fr: 'La source a changé pendant la lecture.',
      sv: 'Källan ändrades under läsningen.',
    },
    next: {
      en: 'The source changed while it was being read; the read is repeated by itself.',
      fr: 'La source a changé pendant la lecture ; la lecture est refaite automatiquement.',
      sv: 'Källan ändrades under läsningen; läsningen görs om av sig själv.',
    },
  },
  SOURCE_RATE_LIMITED: {
    retry: true,
    mover: 'nobody',
    what: {
      en: 'The source asked us to slow down.',
      fr: 'La source a demandé de ralentir.',
      sv: 'Källan bad oss sakta ner.',
    },
    next: {
      en: 'The source asked us to slow down; the step goes on after the time it named.',
      fr: 'La source demande de ralentir ; la suite reprend après le délai indiqué.',
      sv: 'Källan bad oss sakta ner; steget fortsätter efter angiven tid.',
    },
  },
  SOURCE_AUTH_REFUSED: {
    retry: false,
    mover: 'school',
    what: {
      en: 'The source refused the credentials.',
      fr: 'La source a refusé les identifiants.',
      sv: 'Källan nekade inloggningen.',
    },
    next: {
      en: 'The source refused the password. Set the right one with "rollcall secret set" and sync again.',
      fr: 'La source a refusé le mot de passe. Saisissez le bon avec « rollcall secret set », puis relancez.',
      sv: 'Källan nekade lösenordet. Ange det rätta med "rollcall secret set" och synka igen.',
    },
  },
  SOURCE_FORBIDDEN: {
    retry: false,
    mover: 'school',
    what: {
      en: 'The source does not let this address or account in.',
      fr: 'La source n’autorise pas cette adresse ou ce compte.',
      sv: 'Källan släpper inte in den här adressen eller kontot.',
    },
    next: {
      en: 'The source does not let this address or account in. Ask the school to allow it, or use its proxy.',
      fr: "La source n'autorise pas cette adresse ou ce compte. Demandez l'autorisation ou passez par le proxy.",
      sv: 'Källan släpper inte in den här adressen eller kontot. Be skolan tillåta det, eller använd proxyn.',
    },
  },
  SOURCE_SETTING_WRONG: {
    retry: false,
    mover: 'school',
    what: {
      en: 'A setting names something the source does not know.',
      fr: 'Un réglage désigne un élément inconnu de la source.',
      sv: 'En inställning pekar på något som källan inte känner till.',
    },
    next: {
      en: 'A setting names something the source does not know. Correct it in the configuration file and apply it.',
      fr: 'Un réglage désigne un élément inconnu de la source. Corrigez le fichier de configuration et appliquez-le.',
      sv: 'En inställning pekar på något som källan inte känner till. Rätta konfigurationsfilen och tillämpa den.',
    },
  },
  SOURCE_PROXY_FAILED: {
    retry: true,
    mover: 'operator',
    what: {
      en: 'The forward proxy refused or did not answer.',
      fr: 'Le proxy sortant a refusé ou n’a pas répondu.',
      sv: 'Den utgående proxyn nekade eller svarade inte.',
    },
    next: {
      en: 'The forward proxy (useProxy) refused or did not answer; check ROLLCALL_PROXY_URL. The source itself was not reached.',
      fr: "Le proxy sortant (useProxy) a refusé ou n'a pas répondu ; vérifiez ROLLCALL_PROXY_URL. La source n'a pas été jointe.",
      sv: 'Den utgående proxyn (useProxy) nekade eller svarade inte; kontrollera ROLLCALL_PROXY_URL. Källan nåddes inte.',
    },
  },
  TARGET_UNREACHABLE: {
    retry: true,
    mover: 'vendor',
    what: {
      en: 'The target did not answer.',
      fr: 'La cible n’a pas répondu.',
      sv: 'Målsystemet svarade inte.',
    },
    next: {
      en: 'Check the status page of the target system; the run is tried again by itself.',
      fr: "Consultez l'état de service du système cible ; un nouvel essai est automatique.",
      sv: 'Kontrollera målsystemets driftstatus; körningen görs om av sig själv.',
    },
  },
  TARGET_ANSWER_INVALID: {
    retry: true,
    mover: 'vendor',
    what: {
      en: 'The target answered with something that cannot be read.',
      fr: 'La cible a répondu de façon illisible.',
      sv: 'Målsystemet svarade med något oläsligt.',
    },
    next: {
      en: 'The target answered with something we cannot read. If it lasts, show this error to its vendor.',
      fr: "La cible a répondu de façon illisible. Si cela dure, montrez cette erreur à l'éditeur.",
      sv: 'Målsystemet svarade med något oläsligt. Om det fortsätter, visa felet för leverantören.',
    },
  },
  TARGET_RATE_LIMITED: {
    retry: true,
    mover: 'nobody',
    what: {
      en: 'The target asked us to slow down.',
      fr: 'La cible a demandé de ralentir.',
      sv: 'Målsystemet bad oss sakta ner.',
    },
    next: {
      en: 'The target asked us to slow down; the step goes on after the time it named.',
      fr: 'La cible demande de ralentir ; la suite reprend après le délai indiqué.',
      sv: 'Målsystemet bad oss sakta ner; steget fortsätter efter angiven tid.',
    },
  },
  TARGET_AUTH_REFUSED: {
    retry: false,
    mover: 'school',
    what: {
      en: 'The target refused the API key.',
      fr: 'La cible a refusé la clé d’API.',
      sv: 'Målsystemet nekade API-nyckeln.',
    },
    next: {
      en: 'The target refused the API key. Set a valid one with "rollcall secret set" and sync again.',
      fr: "La cible a refusé la clé d'API. Saisissez une clé valide avec « rollcall secret set », puis relancez.",
      sv: 'Målsystemet nekade API-nyckeln. Ange en giltig med "rollcall secret set" och synka igen.',
    },
  },
  TARGET_FORBIDDEN: {
    retry: false,
    mover: 'school',
    what: {
      en: 'The API key lacks a right at the target.',
      fr: 'La clé d’API n’a pas un droit nécessaire.',
      sv: 'API-nyckeln saknar en behörighet.',
    },
    next: {
      en: 'The API key lacks a right at the target. Give it the rights named in the connector page.',
      fr: "La clé d'API manque d'un droit sur la cible. Accordez les droits listés dans la page du connecteur.",
      sv: 'API-nyckeln saknar en rättighet i målsystemet. Ge den rättigheterna som kopplingens sida räknar upp.',
    },
  },
  TARGET_UNPAID: {
    retry: false,
    mover: 'school',
    what: {
      en: 'The target says that the subscription or its API option is missing.',
      fr: 'La cible indique que l’abonnement ou son option API manque.',
      sv: 'Målsystemet säger att abonnemanget eller API-tillvalet saknas.',
    },
    next: {
      en: 'The target says the subscription or its API option is missing. Settle that with the vendor.',
      fr: "La cible signale un abonnement ou une option API absente. Réglez cela avec l'éditeur.",
      sv: 'Målsystemet säger att abonnemanget eller API-tillägget saknas. Red ut det med leverantören.',
    },
  },
  HOST_NOT_ALLOWED: {
    retry: false,
    mover: 'operator',
    what: {
      en: 'The address lies in our own network.',
      fr: 'L’adresse est dans notre propre réseau.',
      sv: 'Adressen ligger i vårt eget nät.',
    },
    next: {
      en: 'The address lies in our own network. If that is wanted, add the host to ROLLCALL_ALLOW_HOSTS.',
      fr: "L'adresse est dans notre propre réseau. Si c'est voulu, ajoutez l'hôte à ROLLCALL_ALLOW_HOSTS.",
      sv: 'Adressen ligger i vårt eget nät. Om det är avsiktligt, lägg till värden i ROLLCALL_ALLOW_HOSTS.',
    },
  },
  ACCOUNT_BUSY: {
    retry: true,
    mover: 'nobody',
    what: {
      en: 'Another run is writing to the same account.',
      fr: 'Une autre exécution écrit sur le même compte.',
      sv: 'En annan körning skriver till samma konto.',
    },
    next: {
      en: 'Another run is writing to the same target account; this one waits for its turn.',
      fr: 'Une autre exécution écrit sur le même compte cible ; celle-ci attend son tour.',
      sv: 'En annan körning skriver till samma målkonto; den här väntar på sin tur.',
    },
  },
  LEASE_LOST: {
    retry: true,
    mover: 'nobody',
    what: {
      en: 'A worker was away for too long and stopped writing.',
      fr: 'Un processus est resté absent trop longtemps et a cessé d’écrire.',
      sv: 'En process var borta för länge och slutade skriva.',
    },
    next: {
      en: 'This worker was away for too long and stopped writing; the step goes on by itself.',
      fr: "Ce processus s'est absenté trop longtemps et a cessé d'écrire ; l'étape reprend automatiquement.",
      sv: 'Den här processen var borta för länge och slutade skriva; steget fortsätter av sig själv.',
    },
  },
  ATTEMPT_SUPERSEDED: {
    retry: false,
    mover: 'nobody',
    what: {
      en: 'A later attempt of the step took over.',
      fr: 'Une tentative plus récente a pris le relais.',
      sv: 'Ett senare försök tog över steget.',
    },
    next: {
      en: 'A later attempt of this step took over; nothing is to be done.',
      fr: 'Une tentative plus récente a pris le relais ; rien à faire.',
      sv: 'Ett senare försök tog över steget; inget behöver göras.',
    },
  },
  SECRET_MISSING: {
    retry: false,
    mover: 'school',
    what: {
      en: 'A password or key was never set.',
      fr: 'Un mot de passe ou une clé n’a jamais été saisi.',
      sv: 'Ett lösenord eller en nyckel har aldrig angetts.',
    },
    next: {
      en: 'A password or key was never set. Set it with "rollcall secret set".',
      fr: "Un mot de passe ou une clé n'a jamais été saisi. Saisissez-le avec « rollcall secret set ».",
      sv: 'Ett lösenord eller en nyckel har aldrig angetts. Ange det med "rollcall secret set".',
    },
  },
  KEY_MISSING: {
    retry: false,
    mover: 'operator',
    what: {
      en: 'The master key that wrapped this data is not configured here.',
      fr: 'La clé maîtresse de ces données n’est pas configurée ici.',
      sv: 'Huvudnyckeln för dessa data finns inte här.',
    },
    next: {
      en: 'The master key that wrapped this data is not configured here. Restore it to the key file or environment.',
      fr: "La clé maîtresse de ces données n'est pas configurée ici. Remettez-la dans le fichier de clés.",
      sv: 'Huvudnyckeln som låste dessa data finns inte här. Återställ den i nyckelfilen eller miljön.',
    },
  },
  STAGING_DIFFERS: {
    retry: false,
    mover: 'operator',
    what: {
      en: 'The same snapshot gave other records than before.',
      fr: 'Le même instantané a donné d’autres enregistrements.',
      sv: 'Samma ögonblicksbild gav andra poster än förut.',
    },
    next: {
      en: 'The same snapshot gave other records than before. This is a fault of ours: start a new sync and report it.',
      fr: "Le même instantané a donné d'autres données. C'est un défaut de notre part : relancez et signalez-le.",
      sv: 'Samma ögonblicksbild gav andra poster än förut. Felet är vårt: starta en ny synk och rapportera det.',
    },
  },
  CONNECTION_REMOVED: {
    retry: false,
    mover: 'operator',
    what: {
      en: 'The connection no longer exists.',
      fr: 'La connexion n’existe plus.',
      sv: 'Anslutningen finns inte längre.',
    },
    next: {
      en: 'The connection no longer exists. List the ones there are with "rollcall connections".',
      fr: "La connexion n'existe plus. Listez celles qui existent avec « rollcall connections ».",
      sv: 'Kopplingen finns inte längre. Lista dem som finns med "rollcall connections".',
    },
  },
  STOPPED: {
    retry: false,
    mover: 'operator',
    what: {
      en: 'The operators stopped it.',
      fr: 'Les exploitants l’ont arrêtée.',
      sv: 'Driften har stoppat den.',
    },
    next: {
      en: 'The operators stopped it for everyone; it goes on when they lift the stop (“rollcall go”). See “rollcall stops”.',
      fr: 'Les exploitants ont arrêté la synchronisation pour tous ; elle reprend quand ils lèvent l’arrêt (« rollcall go »).',
      sv: 'Driften har stoppat detta för alla; det fortsätter när stoppet hävs (”rollcall go”). Se ”rollcall stops”.',
    },
  },
  PAUSED: {
    retry: false,
    mover: 'school',
    what: {
      en: 'The connection is paused.',
      fr: 'La connexion est en pause.',
      sv: 'Anslutningen är pausad.',
    },
    next: {
      en: 'It goes on by itself at the end of the pause, with everything that changed meanwhile. See “rollcall pauses”; “rollcall resume” lifts it now.',
      fr: 'La reprise est automatique à la fin de la pause, avec tout ce qui a changé entre-temps. Voyez « rollcall pauses » ; « rollcall resume » la lève tout de suite.',
      sv: 'Den fortsätter av sig själv när pausen är slut, med allt som ändrats under tiden. Se ”rollcall pauses”; ”rollcall resume” häver den nu.',
    },
  },
  BLACKOUT: {
    retry: false,
    mover: 'nobody',
    what: {
      en: 'The calendar of the organisation allows nothing at this time.',
      fr: 'Le calendrier de l’organisation n’autorise rien à ce moment.',
      sv: 'Organisationens kalender tillåter ingenting vid den här tiden.',
    },
    next: {
      en: 'It runs again after that time. “rollcall calendar” shows when; the calendar is in the configuration file.',
      fr: 'La synchronisation reprend après cette période. « rollcall calendar » montre quand ; le calendrier est dans le fichier de configuration.',
      sv: 'Den körs igen efter den tiden. ”rollcall calendar” visar när; kalendern finns i konfigurationsfilen.',
    },
  },
  SCHOOL_FREE_DAY: {
    retry: false,
    mover: 'nobody',
    what: {
      en: 'There is no school on this day, and nothing runs by itself.',
      fr: 'Il n’y a pas cours ce jour-là et rien ne démarre automatiquement.',
      sv: 'Det är skolfritt den här dagen och inget körs av sig självt.',
    },
    next: {
      en: 'The next school day brings everything. “rollcall sync” runs it today all the same.',
      fr: 'Le prochain jour de cours apporte tout. « rollcall sync » la lance quand même aujourd’hui.',
      sv: 'Nästa skoldag hämtar allt. ”rollcall sync” kör den ändå idag.',
    },
  },
  CREDENTIALS_REFUSED: {
    retry: false,
    mover: 'school',
    what: {
      en: 'The same credentials were refused before.',
      fr: 'Les mêmes identifiants ont déjà été refusés.',
      sv: 'Samma inloggning nekades tidigare.',
    },
    next: {
      en: 'The same credentials were refused before. Set the right ones with “rollcall secret set”: the run is then retried by itself.',
      fr: 'Les mêmes identifiants ont déjà été refusés. Saisissez les bons avec « rollcall secret set » : la relance est automatique.',
      sv: 'Samma inloggning nekades tidigare. Ange rätt med ”rollcall secret set”: körningen görs då om av sig själv.',
    },
  },
  RETRY_NOT_FAILED: {
    retry: false,
    mover: 'operator',
    what: {
      en: 'The run did not fail.',
      fr: 'L’exécution n’a pas échoué.',
      sv: 'Körningen misslyckades inte.',
    },
    next: {
      en: 'Only a run that failed, was cancelled or was lost can be retried. Start a new one with “rollcall sync”.',
      fr: 'Seule une exécution échouée, annulée ou perdue peut être relancée. Lancez-en une nouvelle avec « rollcall sync ».',
      sv: 'Bara en körning som misslyckats, avbrutits eller försvunnit kan göras om. Starta en ny med ”rollcall sync”.',
    },
  },
  RETRY_OVERTAKEN: {
    retry: false,
    mover: 'nobody',
    what: {
      en: 'A later run has planned since.',
      fr: 'Une exécution plus récente a déjà planifié.',
      sv: 'En senare körning har planerat sedan dess.',
    },
    next: {
      en: 'A later run has planned since; what this one read is out of date. Start a new one with “rollcall sync”.',
      fr: 'Une exécution plus récente a déjà planifié ; ces données sont dépassées. Lancez « rollcall sync ».',
      sv: 'En senare körning har planerat sedan dess; det här är inaktuellt. Starta en ny med ”rollcall sync”.',
    },
  },
  NO_SNAPSHOT: {
    retry: false,
    mover: 'operator',
    what: {
      en: 'Nothing that the source said is stored yet.',
      fr: 'Rien de la source n’est encore enregistré.',
      sv: 'Inget från källan är sparat ännu.',
    },
    next: {
      en: 'Nothing that the source said is stored yet. Run “rollcall trial” or “rollcall sync” first.',
      fr: 'Rien de la source n’est encore enregistré. Lancez d’abord « rollcall trial » ou « rollcall sync ».',
      sv: 'Inget från källan är sparat ännu. Kör ”rollcall trial” eller ”rollcall sync” först.',
    },
  },
  STEP_SKIPPED: {
    retry: false,
    mover: 'nobody',
    what: {
      en: 'A person skipped a step of the run.',
      fr: 'Une personne a sauté une étape.',
      sv: 'En person hoppade över ett steg.',
    },
    next: {
      en: 'A person skipped a step of this run. What it left out is done by the next run.',
      fr: 'Une personne a sauté une étape. Ce qui manque sera fait par la prochaine exécution.',
      sv: 'En person hoppade över ett steg. Det som återstår görs i nästa körning.',
    },
  },
  IMPORT_STOPPED: {
    retry: false,
    mover: 'school',
    what: {
      en: 'A change was over its limit, and the whole import stopped.',
      fr: 'Un changement dépassait sa limite et tout l’import s’est arrêté.',
      sv: 'En ändring översteg sin gräns och hela importen stoppades.',
    },
    next: {
      en: 'A change was over its limit, and this connection stops the whole import then. Look at it with “rollcall holds”.',
      fr: 'Un changement dépasse sa limite et cette connexion arrête alors tout l’import. Voyez « rollcall holds ».',
      sv: 'En ändring översteg sin gräns, och då stoppar anslutningen hela importen. Se ”rollcall holds”.',
    },
  },
  HOLD_NOT_OPEN: {
    retry: false,
    mover: 'nobody',
    what: {
      en: 'The hold is decided, replaced or gone.',
      fr: 'La retenue est décidée, remplacée ou sans objet.',
      sv: 'Det som hölls är avgjort, ersatt eller borta.',
    },
    next: {
      en: 'This hold is decided, replaced by another one, or nothing of it is planned any more. See “rollcall holds”.',
      fr: 'Cette retenue est décidée, remplacée, ou plus rien n’en est planifié. Voyez « rollcall holds ».',
      sv: 'Det som hölls är avgjort, ersatt av något annat eller inte längre planerat. Se ”rollcall holds”.',
    },
  },
  ACTOR_ELSEWHERE: {
    retry: false,
    mover: 'operator',
    what: {
      en: 'The token is for another organisation.',
      fr: 'Le jeton est celui d’une autre organisation.',
      sv: 'Din token gäller en annan organisation.',
    },
    next: {
      en: 'Your token is for another organisation. Ask an operator for one of this organisation.',
      fr: 'Votre jeton est celui d’une autre organisation. Demandez-en un à un exploitant.',
      sv: 'Din token gäller en annan organisation. Be driften om en för den här.',
    },
  },
  RECORD_UNKNOWN: {
    retry: false,
    mover: 'school',
    what: {
      en: 'The source names no record with this key.',
      fr: 'La source ne communique aucun enregistrement avec cette clé.',
      sv: 'Källan nämner ingen post med den nyckeln.',
    },
    next: {
      en: 'The source names no record with this key now. Look for it with “rollcall find”.',
      fr: 'La source ne communique aucun enregistrement avec cette clé. Cherchez-le avec « rollcall find ».',
      sv: 'Källan nämner ingen post med den här nyckeln nu. Sök den med ”rollcall find”.',
    },
  },
  REASONS_UNMAPPED: {
    retry: false,
    mover: 'school',
    what: {
      en: 'Reasons of absence that are in use are not mapped to reasons of the source.',
      fr: 'Des motifs d’absence utilisés ne sont associés à aucun motif de la source.',
      sv: 'Frånvaroorsaker som används är inte kopplade till orsaker i källan.',
    },
    next: {
      en: 'Map them with “rollcall reasons”, or set a default there; then go live.',
      fr: 'Associez-les avec « rollcall reasons » ou choisissez un motif par défaut, puis mettez en service.',
      sv: 'Koppla dem med ”rollcall reasons” eller välj en standardorsak; ta sedan anslutningen i drift.',
    },
  },
  RUN_ENDED: {
    retry: false,
    mover: 'nobody',
    what: {
      en: 'The run has ended already.',
      fr: 'L’exécution est déjà terminée.',
      sv: 'Körningen är redan avslutad.',
    },
    next: {
      en: 'This run has ended, and a reset in the Temporal UI does not repeat it. Use “rollcall retry” or “rollcall sync”.',
      fr: 'Cette exécution est terminée ; une réinitialisation dans Temporal ne la répète pas. Utilisez « rollcall retry » ou « rollcall sync ».',
      sv: 'Körningen är avslutad, och en återställning i Temporal gör inte om den. Använd ”rollcall retry” eller ”rollcall sync”.',
    },
  },
  RUN_AT_WORK: {
    retry: false,
    mover: 'nobody',
    what: {
      en: 'Another run of the connection is at work.',
      fr: 'Une autre exécution de la connexion est en cours.',
      sv: 'En annan körning av anslutningen pågår.',
    },
    next: {
      en: 'Another run of this connection is at work. A person’s request is remembered and follows it.',
      fr: 'Une autre exécution est en cours. La demande d’une personne est retenue et suivra.',
      sv: 'En annan körning pågår. En persons begäran sparas och körs efteråt.',
    },
  },
  RUN_CANCELLED: {
    retry: false,
    mover: 'operator',
    what: {
      en: 'A Temporal operator cancelled the run.',
      fr: 'Un opérateur Temporal a annulé l’exécution.',
      sv: 'En Temporal-operatör avbröt körningen.',
    },
    next: {
      en: 'The run was cancelled by a Temporal operator. Start a sync when it may go on.',
      fr: "L'exécution a été annulée par un opérateur Temporal. Relancez quand c'est possible.",
      sv: 'Körningen avbröts av en Temporal-operatör. Starta en synk när den får fortsätta.',
    },
  },
  RUN_LOST: {
    retry: false,
    mover: 'operator',
    what: {
      en: 'A Temporal operator closed the workflow without a report.',
      fr: 'Un opérateur Temporal a fermé le workflow sans rapport.',
      sv: 'En Temporal-operatör stängde arbetsflödet utan rapport.',
    },
    next: {
      en: 'The workflow was closed by a Temporal operator without a report. The next run picks up where it stopped.',
      fr: 'Le workflow a été clos par un opérateur Temporal sans rapport. La prochaine exécution reprendra.',
      sv: 'Arbetsflödet stängdes av en Temporal-operatör utan rapport. Nästa körning tar vid.',
    },
  },
  STORE_UNAVAILABLE: {
    retry: true,
    mover: 'operator',
    what: {
      en: 'PostgreSQL or Temporal did not answer.',
      fr: 'PostgreSQL ou Temporal n’a pas répondu.',
      sv: 'PostgreSQL eller Temporal svarade inte.',
    },
    next: {
      en: 'PostgreSQL did not answer. Check that it runs; the step goes on by itself.',
      fr: "PostgreSQL n'a pas répondu. Vérifiez qu'il fonctionne ; l'étape reprend automatiquement.",
      sv: 'PostgreSQL svarade inte. Kontrollera att det är igång; steget fortsätter av sig själv.',
    },
  },
  INTERNAL: {
    retry: true,
    mover: 'operator',
    what: {
      en: 'A fault of ours.',
      fr: 'Un défaut de notre part.',
      sv: 'Ett fel hos oss.',
    },
    next: {
      en: 'A fault of ours. Report it with the run number; the log of the worker has the details.',
      fr: "Un défaut de notre part. Signalez-le avec le numéro d'exécution ; le journal contient les détails.",
      sv: 'Ett fel hos oss. Rapportera det med körningens nummer; arbetsprocessens logg har detaljerna.',
    },
  },
} as const satisfies Record<string, ErrorMeaning>;

export type ErrorCode = keyof typeof errorMeanings;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorMeanings, text);
}
