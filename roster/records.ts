/**
 * The records Rollcall carries, in our own shape. Every time is an ISO 8601 UTC instant with `Z`; every date is
 * `YYYY-MM-DD` in the school's zone. A record is named by its sync key: the source's unchangeable identifier.
 */

/** What a record can be. `membership` is one person's place in a group or a lesson. */
export type RecordKind = 'person' | 'group' | 'membership' | 'relationship' | 'lesson';

/** What a person does in a lesson or group. One person may have several roles. */
export type Role = 'learner' | 'instructor';

/**
 * How a record that was seen stands after the rules. Every key that was seen is staged: only a key that was not seen at
 * all can be absent. `invalid` stays as it is at the target; `filtered` and `cancelled` count as absent.
 */
export type Standing = 'valid' | 'invalid' | 'filtered' | 'cancelled';

/** Where a record stood in what the source said, for error texts: a page or file, and a line or position in it. */
export interface Place {
  readonly part: string;
  readonly line: number;
}

export interface PersonRecord {
  readonly kind: 'person';
  readonly syncKey: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly email: string;
  /** As the source writes it; empty when unknown. */
  readonly phone: string;
  /** The part of the source that keeps this person, where it has such parts (Alcuin's directories); else empty. */
  readonly directory: string;
  /** The source says that this person's identity is protected: masked wherever people read, sent only as the organisation chose. */
  readonly protectedIdentity?: boolean;
  readonly place: Place;
}

/** People who are taught together, as the source keeps them. */
export interface GroupRecord {
  readonly kind: 'group';
  readonly syncKey: string;
  readonly title: string;
  /** As for persons. */
  readonly directory: string;
  /** Learners who belong to it now. */
  readonly memberKeys: readonly string[];
  readonly place: Place;
}

/** One timetabled teaching event. */
export interface LessonRecord {
  readonly kind: 'lesson';
  /** `<source id>@<local start date>`, with `#n` where one id has several lessons on one date. */
  readonly syncKey: string;
  readonly sourceId: string;
  /** Local start date in the school's zone; the source's attendance call names an occurrence by it. */
  readonly localDate: string;
  readonly title: string;
  readonly startsAt: string;
  /** Empty when the source gives no readable end. */
  readonly endsAt: string;
  /** Local date on which the source says that the lesson was made; null when it does not say. */
  readonly createdOn: string | null;
  /** Names of all rooms, joined with ", "; empty when none is known. */
  readonly room: string;
  /** `active` is taught; `waiting` is not confirmed yet; `cancelled` is withdrawn. */
  readonly state: 'active' | 'waiting' | 'cancelled';
  /** In the order of the source: the first is the main instructor. */
  readonly instructorKeys: readonly string[];
  readonly learnerKeys: readonly string[];
  readonly groupKeys: readonly string[];
  readonly place: Place;
}

/** A row whose key cannot be read: nothing of its kind may be taken for absent in this run. */
export interface UnreadableRecord {
  readonly kind: 'unreadable';
  readonly of: 'person' | 'group' | 'lesson';
  /** The field that could not be read; its content is not repeated. */
  readonly field: string;
  readonly place: Place;
}

/** What a source can say. Later systems add memberships and relationships. */
export type SourceRecord = PersonRecord | GroupRecord | LessonRecord | UnreadableRecord;

/** What became of one learner in one lesson, as the target knows it. */
export interface AttendanceMark {
  readonly status: 'present' | 'late' | 'left-early' | 'absent' | 'justified';
  /** Minutes after the lesson's start, for `late`. */
  readonly minutesLate?: number;
  /** Instant of leaving, for `left-early`. */
  readonly leftAt?: string;
  /** The target's identifier of the reason, for `justified`. */
  readonly reason?: string;
  /** The reason in the target's words. */
  readonly reasonName?: string;
  /** The source's reason that a person chose for it, on the way up; absent where it goes in words or there is none. */
  readonly sourceReason?: { readonly id: string; readonly code: string };
  readonly comment?: string;
}
