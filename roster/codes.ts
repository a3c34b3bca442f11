/**
 * The closed list of codes: used as Temporal failure type, in tables, on screens and in the docs. Each says whether a
 * retry can help, whose move it is, and what to do next in the languages of the users.
 */

/** Who has to act before things go on: we who run Rollcall, the outside system's vendor, or the school. */
export type Mover = 'operator' | 'vendor' | 'school' | 'nobody';

/** A text in the languages of the users. */
export interface Texts {
  readonly en: string;
  readonly fr: string;
  readonly sv: string;
}

export interface ErrorMeaning {
  /** Whether the same step may succeed when it is simply tried again. */
  readonly retry: boolean;
  readonly mover: Mover;
  readonly next: Texts;
}

export interface FindingMeaning {
  readonly severity: 'info' | 'warning' | 'error';
  readonly mover: Mover;
  readonly next: Texts;
}

/** Problems of a system: they end a step. */
export const errorMeanings = {
  SOURCE_UNREACHABLE: {
    retry: true,
    mover: 'school',
    next: {
      en: 'Check that the source system runs and that its address is right; the run is tried again by itself.',
      fr: 'Vérifiez que le système source fonctionne et que son adresse est exacte ; un nouvel essai est automatique.',
      sv: 'Kontrollera att källsystemet är igång och att adressen stämmer; körningen görs om av sig själv.',
    },
  },
  SOURCE_ANSWER_INVALID: {
    retry: true,
    mover: 'vendor',
    next: {
      en: 'The source answered with something that is not data. If it lasts, show this error to its vendor.',
      fr: "La source a répondu autre chose que des données. Si cela dure, montrez cette erreur à l'éditeur.",
      sv: 'Källan svarade med något som inte är data. Om det fortsätter, visa felet för leverantören.',
    },
  },
  SOURCE_DRIFTED: {
    retry: true,
    mover: 'nobody',
    next: {
      en: 'The source changed while it was being read; the read is repeated by itself.',
      fr: 'La source a changé pendant la lecture ; la lecture est refaite automatiquement.',
      sv: 'Källan ändrades under läsningen; läsningen görs om av sig själv.',
    },
  },
  SOURCE_RATE_LIMITED: {
    retry: true,
    mover: 'nobody',
    next: {
      en: 'The source asked us to slow down; the step goes on after the time it named.',
      fr: 'La source demande de ralentir ; la suite reprend après le délai indiqué.',
      sv: 'Källan bad oss sakta ner; steget fortsätter efter angiven tid.',
    },
  },
  SOURCE_AUTH_REFUSED: {
    retry: false,
    mover: 'school',
    next: {
      en: 'The source refused the password. Set the right one with "rollcall secret set" and sync again.',
      fr: 'La source a refusé le mot de passe. Saisissez le bon avec « rollcall secret set », puis relancez.',
      sv: 'Källan nekade lösenordet. Ange det rätta med "rollcall secret set" och synka igen.',
    },
  },
  SOURCE_FORBIDDEN: {
    retry: false,
    mover: 'school',
    next: {
      en: 'The source does not let this address or account in. Ask the school to allow it, or use its proxy.',
      fr: "La source n'autorise pas cette adresse ou ce compte. Demandez l'autorisation ou passez par le proxy.",
      sv: 'Källan släpper inte in den här adressen eller kontot. Be skolan tillåta det, eller använd proxyn.',
    },
  },
  SOURCE_SETTING_WRONG: {
    retry: false,
    mover: 'school',
    next: {
      en: 'A setting names something the source does not know. Correct it in the configuration file and apply it.',
      fr: 'Un réglage désigne un élément inconnu de la source. Corrigez le fichier de configuration et appliquez-le.',
      sv: 'En inställning pekar på något som källan inte känner till. Rätta konfigurationsfilen och tillämpa den.',
    },
  },
  SOURCE_PROXY_FAILED: {
    retry: true,
    mover: 'operator',
    next: {
      en: 'The forward proxy (useProxy) refused or did not answer; check ROLLCALL_PROXY_URL. The source itself was not reached.',
      fr: "Le proxy sortant (useProxy) a refusé ou n'a pas répondu ; vérifiez ROLLCALL_PROXY_URL. La source n'a pas été jointe.",
      sv: 'Den utgående proxyn (useProxy) nekade eller svarade inte; kontrollera ROLLCALL_PROXY_URL. Källan nåddes inte.',
    },
  },
  TARGET_UNREACHABLE: {
    retry: true,
    mover: 'vendor',
    next: {
      en: 'Check the status page of the target system; the run is tried again by itself.',
      fr: "Consultez l'état de service du système cible ; un nouvel essai est automatique.",
      sv: 'Kontrollera målsystemets driftstatus; körningen görs om av sig själv.',
    },
  },
  TARGET_ANSWER_INVALID: {
    retry: true,
    mover: 'vendor',
    next: {
      en: 'The target answered with something we cannot read. If it lasts, show this error to its vendor.',
      fr: "La cible a répondu de façon illisible. Si cela dure, montrez cette erreur à l'éditeur.",
      sv: 'Målsystemet svarade med något oläsligt. Om det fortsätter, visa felet för leverantören.',
    },
  },
  TARGET_RATE_LIMITED: {
    retry: true,
    mover: 'nobody',
    next: {
      en: 'The target asked us to slow down; the step goes on after the time it named.',
      fr: 'La cible demande de ralentir ; la suite reprend après le délai indiqué.',
      sv: 'Målsystemet bad oss sakta ner; steget fortsätter efter angiven tid.',
    },
  },
  TARGET_AUTH_REFUSED: {
    retry: false,
    mover: 'school',
    next: {
      en: 'The target refused the API key. Set a valid one with "rollcall secret set" and sync again.',
      fr: "La cible a refusé la clé d'API. Saisissez une clé valide avec « rollcall secret set », puis relancez.",
      sv: 'Målsystemet nekade API-nyckeln. Ange en giltig med "rollcall secret set" och synka igen.',
    },
  },
  TARGET_FORBIDDEN: {
    retry: false,
    mover: 'school',
    next: {
      en: 'The API key lacks a right at the target. Give it the rights named in the connector page.',
      fr: "La clé d'API manque d'un droit sur la cible. Accordez les droits listés dans la page du connecteur.",
      sv: 'API-nyckeln saknar en rättighet i målsystemet. Ge den rättigheterna som kopplingens sida räknar upp.',
    },
  },
  TARGET_UNPAID: {
    retry: false,
    mover: 'school',
    next: {
      en: 'The target says the subscription or its API option is missing. Settle that with the vendor.',
      fr: "La cible signale un abonnement ou une option API absente. Réglez cela avec l'éditeur.",
      sv: 'Målsystemet säger att abonnemanget eller API-tillägget saknas. Red ut det med leverantören.',
    },
  },
  HOST_NOT_ALLOWED: {
    retry: false,
    mover: 'operator',
    next: {
      en: 'The address lies in our own network. If that is wanted, add the host to ROLLCALL_ALLOW_HOSTS.',
      fr: "L'adresse est dans notre propre réseau. Si c'est voulu, ajoutez l'hôte à ROLLCALL_ALLOW_HOSTS.",
      sv: 'Adressen ligger i vårt eget nät. Om det är avsiktligt, lägg till värden i ROLLCALL_ALLOW_HOSTS.',
    },
  },
  ACCOUNT_BUSY: {
    retry: true,
    mover: 'nobody',
    next: {
      en: 'Another run is writing to the same target account; this one waits for its turn.',
      fr: 'Une autre exécution écrit sur le même compte cible ; celle-ci attend son tour.',
      sv: 'En annan körning skriver till samma målkonto; den här väntar på sin tur.',
    },
  },
  LEASE_LOST: {
    retry: true,
    mover: 'nobody',
    next: {
      en: 'This worker was away for too long and stopped writing; the step goes on by itself.',
      fr: "Ce processus s'est absenté trop longtemps et a cessé d'écrire ; l'étape reprend automatiquement.",
      sv: 'Den här processen var borta för länge och slutade skriva; steget fortsätter av sig själv.',
    },
  },
  ATTEMPT_SUPERSEDED: {
    retry: false,
    mover: 'nobody',
    next: {
      en: 'A later attempt of this step took over; nothing is to be done.',
      fr: 'Une tentative plus récente a pris le relais ; rien à faire.',
      sv: 'Ett senare försök tog över steget; inget behöver göras.',
    },
  },
  SECRET_MISSING: {
    retry: false,
    mover: 'school',
    next: {
      en: 'A password or key was never set. Set it with "rollcall secret set".',
      fr: "Un mot de passe ou une clé n'a jamais été saisi. Saisissez-le avec « rollcall secret set ».",
      sv: 'Ett lösenord eller en nyckel har aldrig angetts. Ange det med "rollcall secret set".',
    },
  },
  KEY_MISSING: {
    retry: false,
    mover: 'operator',
    next: {
      en: 'The master key that wrapped this data is not configured here. Restore it to the key file or environment.',
      fr: "La clé maîtresse de ces données n'est pas configurée ici. Remettez-la dans le fichier de clés.",
      sv: 'Huvudnyckeln som låste dessa data finns inte här. Återställ den i nyckelfilen eller miljön.',
    },
  },
  STAGING_DIFFERS: {
    retry: false,
    mover: 'operator',
    next: {
      en: 'The same snapshot gave other records than before. This is a fault of ours: start a new sync and report it.',
      fr: "Le même instantané a donné d'autres données. C'est un défaut de notre part : relancez et signalez-le.",
      sv: 'Samma ögonblicksbild gav andra poster än förut. Felet är vårt: starta en ny synk och rapportera det.',
    },
  },
  CONNECTION_REMOVED: {
    retry: false,
    mover: 'operator',
    next: {
      en: 'The connection no longer exists. List the ones there are with "rollcall connections".',
      fr: "La connexion n'existe plus. Listez celles qui existent avec « rollcall connections ».",
      sv: 'Kopplingen finns inte längre. Lista dem som finns med "rollcall connections".',
    },
  },
  RUN_AT_WORK: {
    retry: false,
    mover: 'nobody',
    next: {
      en: 'Another run of this connection is at work. A person’s request is remembered and follows it.',
      fr: 'Une autre exécution est en cours. La demande d’une personne est retenue et suivra.',
      sv: 'En annan körning pågår. En persons begäran sparas och körs efteråt.',
    },
  },
  RUN_CANCELLED: {
    retry: false,
    mover: 'operator',
    next: {
      en: 'The run was cancelled by a Temporal operator. Start a sync when it may go on.',
      fr: "L'exécution a été annulée par un opérateur Temporal. Relancez quand c'est possible.",
      sv: 'Körningen avbröts av en Temporal-operatör. Starta en synk när den får fortsätta.',
    },
  },
  RUN_LOST: {
    retry: false,
    mover: 'operator',
    next: {
      en: 'The workflow was closed by a Temporal operator without a report. The next run picks up where it stopped.',
      fr: 'Le workflow a été clos par un opérateur Temporal sans rapport. La prochaine exécution reprendra.',
      sv: 'Arbetsflödet stängdes av en Temporal-operatör utan rapport. Nästa körning tar vid.',
    },
  },
  STORE_UNAVAILABLE: {
    retry: true,
    mover: 'operator',
    next: {
      en: 'PostgreSQL did not answer. Check that it runs; the step goes on by itself.',
      fr: "PostgreSQL n'a pas répondu. Vérifiez qu'il fonctionne ; l'étape reprend automatiquement.",
      sv: 'PostgreSQL svarade inte. Kontrollera att det är igång; steget fortsätter av sig själv.',
    },
  },
  INTERNAL: {
    retry: true,
    mover: 'operator',
    next: {
      en: 'A fault of ours. Report it with the run number; the log of the worker has the details.',
      fr: "Un défaut de notre part. Signalez-le avec le numéro d'exécution ; le journal contient les détails.",
      sv: 'Ett fel hos oss. Rapportera det med körningens nummer; arbetsprocessens logg har detaljerna.',
    },
  },
} as const satisfies Record<string, ErrorMeaning>;

export type ErrorCode = keyof typeof errorMeanings;

/** What a record's problem means: data on the record's timeline, never an exception. */
export const findingMeanings = {
  PERSON_INCOMPLETE: {
    severity: 'error',
    mover: 'school',
    next: {
      en: 'Fill in the missing field of this person in the source.',
      fr: 'Complétez le champ manquant de cette personne dans la source.',
      sv: 'Fyll i personens saknade fält i källan.',
    },
  },
  LESSON_WITHOUT_INSTRUCTOR: {
    severity: 'error',
    mover: 'school',
    next: {
      en: 'Give the lesson an instructor with first name, last name and e-mail.',
      fr: 'Affectez un formateur avec prénom, nom et e-mail.',
      sv: 'Ge lektionen en lärare med förnamn, efternamn och e-post.',
    },
  },
  LESSON_WITHOUT_LEARNER: {
    severity: 'error',
    mover: 'school',
    next: {
      en: 'Give the lesson at least one learner with first name, last name and e-mail.',
      fr: 'Affectez au moins un apprenant avec prénom, nom et e-mail.',
      sv: 'Ge lektionen minst en elev med förnamn, efternamn och e-post.',
    },
  },
  LESSON_NOT_CONFIRMED: {
    severity: 'info',
    mover: 'school',
    next: {
      en: 'The lesson is sent once it is confirmed in the source.',
      fr: 'Le cours sera envoyé une fois confirmé dans la source.',
      sv: 'Lektionen skickas när den har bekräftats i källan.',
    },
  },
  LESSON_CANCELLED: {
    severity: 'info',
    mover: 'nobody',
    next: {
      en: 'The source cancelled the lesson; it is removed at the target unless it has started.',
      fr: "La source a annulé le cours ; il est retiré de la cible s'il n'a pas commencé.",
      sv: 'Källan har ställt in lektionen; den tas bort i målsystemet om den inte har börjat.',
    },
  },
  LESSON_VANISHED: {
    severity: 'info',
    mover: 'nobody',
    next: {
      en: 'The lesson was moved or cancelled: the source no longer lists it in the window.',
      fr: 'Cours déplacé ou annulé : la source ne le liste plus dans la période.',
      sv: 'Lektionen är flyttad eller inställd: källan listar den inte längre i perioden.',
    },
  },
  LESSON_IN_PAST: {
    severity: 'info',
    mover: 'nobody',
    next: {
      en: 'The lesson had begun before it could be sent; it is not created any more.',
      fr: "Le cours avait commencé avant l'envoi ; il n'est plus créé.",
      sv: 'Lektionen hade börjat innan den kunde skickas; den skapas inte längre.',
    },
  },
  DUPLICATE_KEY: {
    severity: 'error',
    mover: 'vendor',
    next: {
      en: 'The source lists this key more than once with different content; the first one counts.',
      fr: 'La source liste cette clé plusieurs fois avec des contenus différents ; la première compte.',
      sv: 'Källan listar nyckeln flera gånger med olika innehåll; den första gäller.',
    },
  },
  LESSON_SAME_DAY: {
    severity: 'warning',
    mover: 'school',
    next: {
      en: 'A lesson made on the day it takes place is not created. Plan it at least a day ahead, or take attendance by hand.',
      fr: "Un cours créé le jour même n'est pas envoyé. Planifiez-le au moins la veille, ou faites l'appel à la main.",
      sv: 'En lektion som läggs samma dag skapas inte. Planera den minst en dag i förväg, eller ta närvaro för hand.',
    },
  },
  LESSON_OUTSIDE_WINDOW: {
    severity: 'info',
    mover: 'nobody',
    next: {
      en: 'The lesson is sent by itself once its date comes into the window.',
      fr: 'Le cours sera envoyé automatiquement dès que sa date entre dans la période.',
      sv: 'Lektionen skickas av sig själv när dess datum kommer in i perioden.',
    },
  },
  LESSON_WITHOUT_TITLE: {
    severity: 'error',
    mover: 'school',
    next: {
      en: 'Give the lesson a title in the source.',
      fr: 'Donnez un titre au cours dans la source.',
      sv: 'Ge lektionen en titel i källan.',
    },
  },
  LESSON_TIMES_INVALID: {
    severity: 'error',
    mover: 'school',
    next: {
      en: 'Give the lesson an end after its start in the source.',
      fr: 'Indiquez dans la source une fin postérieure au début.',
      sv: 'Ge lektionen ett slut efter sin början i källan.',
    },
  },
  LESSON_FILTERED: {
    severity: 'info',
    mover: 'school',
    next: {
      en: 'The directory options of the connection leave it out. Correct the directory of its people, or the options.',
      fr: 'Les annuaires choisis pour la connexion excluent ce cours. Corrigez les fiches ou les options.',
      sv: 'Anslutningens katalogval utesluter den. Rätta personernas katalog eller inställningarna.',
    },
  },
  WRONG_DIRECTORY: {
    severity: 'info',
    mover: 'school',
    next: {
      en: 'The directory options of the connection leave this record out. Correct its directory, or the options.',
      fr: 'Les annuaires choisis pour la connexion excluent cette fiche. Corrigez son annuaire ou les options.',
      sv: 'Anslutningens katalogval utesluter posten. Rätta dess katalog eller inställningarna.',
    },
  },
  RECORD_UNREADABLE: {
    severity: 'error',
    mover: 'vendor',
    next: {
      en: 'The source gave a row whose key cannot be read; nothing of its kind is removed in this run. Correct it in the source.',
      fr: "La source a donné une ligne sans clé lisible ; rien de ce type n'est supprimé cette fois. Corrigez-la dans la source.",
      sv: 'Källan gav en rad utan läsbar nyckel; inget av det slaget tas bort i den här körningen. Rätta den i källan.',
    },
  },
  DUPLICATE_INSTRUCTOR_EMAIL: {
    severity: 'error',
    mover: 'school',
    next: {
      en: 'Two instructors have one e-mail address. Merge them or correct the address in the source.',
      fr: "Deux formateurs ont la même adresse. Fusionnez-les ou corrigez l'adresse dans la source.",
      sv: 'Två lärare har samma e-postadress. Slå ihop dem eller rätta adressen i källan.',
    },
  },
  DUPLICATE_LEARNER_EMAIL: {
    severity: 'error',
    mover: 'school',
    next: {
      en: 'Two learners have one e-mail address; lessons go without this one. Correct the address in the source.',
      fr: "Deux apprenants ont la même adresse ; les cours partent sans celui-ci. Corrigez l'adresse dans la source.",
      sv: 'Två elever har samma e-postadress; lektionerna skickas utan den här. Rätta adressen i källan.',
    },
  },
  GROUP_WITHOUT_NAME: {
    severity: 'error',
    mover: 'school',
    next: {
      en: 'Give the group a name in the source.',
      fr: 'Donnez un nom au groupe dans la source.',
      sv: 'Ge gruppen ett namn i källan.',
    },
  },
  GROUP_WITHOUT_MEMBERS: {
    severity: 'warning',
    mover: 'school',
    next: {
      en: 'Attach learners to the group in the source.',
      fr: 'Rattachez des apprenants au groupe dans la source.',
      sv: 'Koppla elever till gruppen i källan.',
    },
  },
  GROUP_MEMBERS_ABSENT: {
    severity: 'info',
    mover: 'nobody',
    next: {
      en: 'Members without a lesson in the window do not exist at the target yet; they join the group by themselves.',
      fr: "Les membres sans cours dans la période n'existent pas encore dans la cible ; ils rejoindront le groupe d'eux-mêmes.",
      sv: 'Medlemmar utan lektion i perioden finns inte i målsystemet än; de kommer med i gruppen av sig själva.',
    },
  },
  KEY_CHANGED: {
    severity: 'warning',
    mover: 'school',
    next: {
      en: 'It looks like a known record under a new key. The old one stays in use until somebody decides.',
      fr: "Cela ressemble à une fiche connue sous une nouvelle clé. L'ancienne reste en service jusqu'à décision.",
      sv: 'Det ser ut som en känd post med ny nyckel. Den gamla används tills någon bestämmer.',
    },
  },
  EMAIL_TAKEN: {
    severity: 'error',
    mover: 'school',
    next: {
      en: 'The e-mail address belongs to somebody else at the target. Correct it there or in the source.',
      fr: "L'adresse appartient à une autre personne dans la cible. Corrigez-la là-bas ou dans la source.",
      sv: 'E-postadressen tillhör någon annan i målsystemet. Rätta den där eller i källan.',
    },
  },
  ADOPTION_AMBIGUOUS: {
    severity: 'warning',
    mover: 'school',
    next: {
      en: 'More than one object at the target fits. Remove the spare ones there, then sync again.',
      fr: 'Plusieurs objets de la cible correspondent. Supprimez ceux de trop, puis relancez.',
      sv: 'Fler än ett objekt i målsystemet passar. Ta bort de överflödiga där och synka igen.',
    },
  },
  HELD_BY_OTHER: {
    severity: 'warning',
    mover: 'operator',
    next: {
      en: 'Another connector made it at the target and is left alone. Switch that one off, then name it in takeOverFrom.',
      fr: "Un autre connecteur l'a créé dans la cible ; rien n'est touché. Arrêtez-le, puis nommez-le dans takeOverFrom.",
      sv: 'En annan koppling har skapat den i målsystemet och den lämnas orörd. Stäng av den och ange den i takeOverFrom.',
    },
  },
  DRIFTED: {
    severity: 'warning',
    mover: 'school',
    next: {
      en: 'Somebody changed it by hand at the target; that stays. Make the change in the source instead.',
      fr: "Quelqu'un l'a modifié à la main dans la cible ; cela reste ainsi. Faites plutôt la modification dans la source.",
      sv: 'Någon har ändrat den för hand i målsystemet; det får stå kvar. Gör ändringen i källan i stället.',
    },
  },
  MEMBER_REMOVED_AT_TARGET: {
    severity: 'warning',
    mover: 'school',
    next: {
      en: 'Somebody took this learner off by hand at the target; they are not put back. Do it there, or correct the source.',
      fr: "Quelqu'un a retiré cet apprenant à la main dans la cible ; il n'est pas remis. Faites-le là-bas ou corrigez la source.",
      sv: 'Någon tog bort eleven för hand i målsystemet; den läggs inte tillbaka. Gör det där eller rätta källan.',
    },
  },
  CHANGE_REJECTED: {
    severity: 'error',
    mover: 'school',
    next: {
      en: 'The target refused this change. Read its words, correct the record, and sync again.',
      fr: 'La cible a refusé ce changement. Lisez son message, corrigez la donnée et relancez.',
      sv: 'Målsystemet nekade ändringen. Läs dess svar, rätta posten och synka igen.',
    },
  },
  CHANGE_STALE: {
    severity: 'warning',
    mover: 'nobody',
    next: {
      en: 'The lesson had started, was signed or locked when its turn came; it stays as it is.',
      fr: 'Le cours avait commencé, était signé ou verrouillé ; il reste tel quel.',
      sv: 'Lektionen hade börjat, var signerad eller låst när det blev dess tur; den lämnas orörd.',
    },
  },
  CHANGE_HELD: {
    severity: 'warning',
    mover: 'school',
    next: {
      en: 'The change is part of more than the safety limit allows; a person must decide.',
      fr: 'Ce changement dépasse la limite de sécurité ; une personne doit décider.',
      sv: 'Ändringen är del av fler än säkerhetsgränsen tillåter; en person måste bestämma.',
    },
  },
  CHANGE_WAITS: {
    severity: 'warning',
    mover: 'nobody',
    next: {
      en: 'The change waits for another one that it depends on; it is planned again in the next run.',
      fr: 'Ce changement attend un autre dont il dépend ; il sera replanifié à la prochaine exécution.',
      sv: 'Ändringen väntar på en annan som den beror på; den planeras igen i nästa körning.',
    },
  },
  REMOVED_AT_TARGET: {
    severity: 'warning',
    mover: 'school',
    next: {
      en: 'Somebody removed it by hand at the target; it is not made again. Restore it there if that was a mistake.',
      fr: "Quelqu'un l'a supprimé à la main dans la cible ; il n'est pas recréé. Restaurez-le là-bas si c'est une erreur.",
      sv: 'Någon tog bort den för hand i målsystemet; den skapas inte igen. Återställ den där om det var ett misstag.',
    },
  },
  DOUBLE_REMOVED: {
    severity: 'warning',
    mover: 'nobody',
    next: {
      en: 'A request of an interrupted worker arrived late and made a second object; the spare one is removed.',
      fr: 'Une requête interrompue est arrivée en retard et a créé un doublon ; le surplus est supprimé.',
      sv: 'En avbruten begäran kom fram sent och skapade en dubblett; den överflödiga tas bort.',
    },
  },
  ATTENDANCE_REJECTED: {
    severity: 'error',
    mover: 'school',
    next: {
      en: 'The source refused this attendance line. Read its words and correct the lesson there.',
      fr: "La source a refusé cette ligne d'assiduité. Lisez son message et corrigez le cours.",
      sv: 'Källan nekade närvaroraden. Läs dess svar och rätta lektionen där.',
    },
  },
  ATTENDANCE_UNPLACED: {
    severity: 'warning',
    mover: 'school',
    next: {
      en: 'Attendance of somebody who is not a learner from the source (added by hand) cannot be returned.',
      fr: "L'assiduité d'une personne ajoutée à la main ne peut pas être renvoyée.",
      sv: 'Närvaro för någon som lagts till för hand kan inte skickas tillbaka.',
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

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorMeanings, text);
}

export function isFindingCode(text: string): text is FindingCode {
  return Object.hasOwn(findingMeanings, text);
}
