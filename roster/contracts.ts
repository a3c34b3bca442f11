import type { ChangeKind, GroupContent, LessonContent, Operation, PersonContent } from './changes.ts';
import type { AttendanceMark, SourceRecord } from './records.ts';
import type { Window } from './window.ts';

/** One raw answer of a source, exactly as it came. Chunks of one part that follow each other belong together. */
export interface RawChunk {
  /** What was asked for: a page, a file. Names the place in errors. */
  readonly part: string;
  /** The declared content type with its charset; empty when the source declared none. */
  readonly mediaType: string;
  readonly body: Uint8Array;
}

/** What a snapshot covers of one kind: absence from `referenced` means nothing. */
export interface Scope {
  readonly kind: 'person' | 'group' | 'lesson';
  readonly coverage: 'complete' | 'window' | 'referenced' | 'delta';
}

/** How a connector reaches its outside system. Made by the step that opens it; tests pass their own. */
export interface Access {
  /** Settings of the account, already checked by the connector's schema. */
  readonly settings: unknown;
  /** Options of the connection for this role, already checked. */
  readonly options: unknown;
  readonly secrets: Readonly<Record<string, string>>;
  /** Time-out of one request, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Hosts inside our own network that may be reached. */
  readonly allowHosts: readonly string[];
  /** The operator's forward proxy, for systems that are reached through one; it may hold a user name and password. */
  readonly proxy?: string;
  /** Cancelled when the step must stop: requests in hand are given up. */
  readonly signal: AbortSignal;
  /**
   * Waits for a place in the account's rate, then checks that this step may still write. Called before every request,
   * with the rate class the vendor counts it in.
   */
  readonly pace: (rateClass: string) => Promise<void>;
  /** The business time, as an ISO instant: decides whether a lesson has started or ended. */
  readonly now: () => string;
}

/** One line of `rollcall check`: a credential or setting of one side, tried. */
export interface Check {
  /** What was tried, in a few words: `password`, `directory 14 (annuaireIdStudentsGroups)`. */
  readonly subject: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** What was seen. Never a secret, never a person. */
  readonly detail: string;
  /** What to do about it; absent when it is fine. */
  readonly next?: string;
}

/**
 * Which directories of the source are synced, by role: an absent list takes everybody. Comes from options of the
 * connection; the rule that applies it is in rules.ts.
 */
export interface DirectoryFilter {
  readonly learner?: readonly string[];
  readonly instructor?: readonly string[];
  readonly group?: readonly string[];
}

/**
 * What a connector knows of its vendor's answers, for whoever watches their shape (answer-shape.ts). A field is named by its
 * list and its place: `evenements.contenu.etat`.
 */
export interface KnownAnswers {
  /** The list that a part belongs to; its name without page and numbers where it is left out. */
  readonly listOf?: (part: string) => string;
  /** Fields that may be missing for long and come any day. */
  readonly optional?: readonly string[];
  /** Fields with a closed list of words, in capitals; never one that says something of a person. */
  readonly closedLists?: Readonly<Record<string, readonly string[]>>;
}

/**
 * A system that says what there is. `fetch` only transports: a complete read or an error. `read` only translates, so
 * that a stored snapshot gives the same records again.
 */
export interface Source {
  readonly scopes: readonly Scope[];
  /** How many calendar days after today the lessons are asked for. */
  readonly windowDays: number;
  readonly directories: DirectoryFilter;
  fetch(window: Window): AsyncIterable<RawChunk>;
  read(chunks: AsyncIterable<RawChunk>, window: Window): AsyncIterable<SourceRecord>;
  /** Present where the source takes attendance back. */
  readonly attendance?: AttendanceSink;
  /** What is known of its answers, for whoever watches their shape. */
  readonly answers?: KnownAnswers;
  /** Its catalogue of reasons of absence, where it can be asked for one: a target's reasons are matched to these. */
  reasons?(): Promise<readonly SourceReason[]>;
  /** Tries every credential and setting; a problem is a line, not an error. Reads only. */
  check(window: Window): AsyncIterable<Check>;
  /** Ends what opening began outside, such as a session. Called once by whoever opened it; never fails. */
  close?(): Promise<void>;
}

/** A reason of absence as the source keeps it. */
export interface SourceReason {
  readonly id: string;
  /** What its people call it by; the id where it has no code. */
  readonly code: string;
  readonly caption: string;
  /** Whether the source takes an absence with this reason for justified. */
  readonly justified: boolean;
}

/** A reason of absence that a target lets people choose. */
export interface TargetReason {
  readonly id: string;
  readonly name: string;
  /** How many justifications at the account carry it; absent where the target does not tell. */
  readonly uses?: number;
}

/** One lesson's attendance on its way to the source. */
export interface LessonAttendance {
  readonly lessonKey: string;
  readonly sourceId: string;
  readonly localDate: string;
  /** Instants of the lesson's start and end, UTC. */
  readonly startsAt: string;
  readonly endsAt: string;
  /** The target's identifier of the sheet. */
  readonly targetId: string;
  /** Another lesson has the same source id and date: a source that names occurrences by those cannot tell them apart. */
  readonly shared: boolean;
  /** By the learner's sync key. */
  readonly marks: ReadonlyMap<string, AttendanceMark>;
}

/** Lines the source refused; all others were accepted. */
export interface AttendanceAnswer {
  readonly rejected: readonly { readonly personKey: string; readonly code: string; readonly message: string }[];
}

export interface AttendanceSink {
  /**
   * Reasons go as codes of the source although it has no catalogue to be asked for: people type them. A source with a
   * catalogue needs codes anyway; any other takes reasons in words, or none.
   */
  readonly typedReasons?: true;
  /** Replaces the whole list of the occurrence: a repeat after a crash is harmless. */
  put(attendance: LessonAttendance): Promise<AttendanceAnswer>;
  /**
   * Whether the source holds these very marks already: asked for a list that was sent without an answer. False when it
   * cannot be said.
   */
  holds(attendance: LessonAttendance): Promise<boolean>;
}

/** A change as a target gets it: our keys are resolved to the target's ids where the change names other records. */
export interface TargetChange {
  readonly kind: ChangeKind;
  readonly operation: Operation;
  /** Our name for the record at the target: `<connection code>:<sync key>`. */
  readonly foreignId: string;
  /** The target's id; absent for an insert. For a membership, the lesson's. For an adoption, of the object taken over. */
  readonly targetId?: string;
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  /** Target ids of the instructors, main one first (lessons). */
  readonly instructorIds: readonly string[];
  /** Target ids of the learners: the roster of a new lesson, all members of a group, or the one of a membership. */
  readonly learnerIds: readonly string[];
  /** Target ids of the groups to attach to a new lesson: all their members are among its learners. */
  readonly groupIds: readonly string[];
}

/** What became of a change at the target. A system's problem is thrown, never an outcome. */
export type TargetOutcome =
  | {
      readonly state: 'applied';
      readonly targetId: string;
      /** An adopted object that could not be changed any more (it started, is signed or locked): it is ours as it is. */
      readonly leftAsItIs?: boolean;
    }
  | { readonly state: 'rejected'; readonly message: string }
  | { readonly state: 'stale'; readonly message: string }
  /** The object we would change is not there any more: somebody removed it by hand. */
  | { readonly state: 'gone'; readonly message: string };

/** An object that carries our foreign id, found while looking for doubles. */
export interface FoundObject {
  readonly targetId: string;
  /** Whether it may still be removed: not started, not signed, not locked. */
  readonly untouched: boolean;
}

/** What kinds of object an account holds. */
export type HeldKind = 'instructor' | 'learner' | 'group' | 'lesson';

/** An object as the target holds it now, whoever made it. */
export interface HeldObject {
  readonly kind: HeldKind;
  readonly targetId: string;
  /** The foreign id it carries, and whose; both empty for what was made by hand. */
  readonly foreignId: string;
  readonly foreignSystem: string;
  readonly archived: boolean;
  /** In our words. Of a lesson without its instructors, of a group without its members: those are ids here. */
  readonly content: PersonContent | Omit<LessonContent, 'instructors'> | Omit<GroupContent, 'members'>;
  /** Target ids, main instructor first (lessons). */
  readonly instructorIds: readonly string[];
  /** Target ids of a lesson's learners or a group's members. */
  readonly learnerIds: readonly string[];
}

/** What an inventory is asked for. */
export interface InventoryAsk {
  readonly kinds: readonly HeldKind[];
  /** Lessons of these days. */
  readonly window: Window;
  /** Only what was changed since then, where the target can tell; people and groups it cannot tell are all given. */
  readonly changedSince?: string;
}

/** What a target says of one lesson's attendance, by the target's learner ids. */
export interface TargetAttendance {
  readonly targetId: string;
  /** Only then the marks count: the lesson has ended, and an instructor signed or the sheet is locked. */
  readonly settled: boolean;
  readonly marks: ReadonlyMap<string, AttendanceMark>;
}

/** A target that takes changes one by one over an API. */
export interface ApiTarget {
  readonly shape: 'one-by-one';
  /** What we write as the owner of our foreign ids there. */
  readonly ownSystem: string;
  /** Foreign systems that were retired in our favour: what carries their ids is taken over as if made by hand. */
  readonly takeOverFrom: readonly string[];
  /** Whether the target mails credentials to people who are made; counted in the plan. */
  readonly mailsCredentials: boolean;
  /** What the account holds and is not archived, in any order. A list that shifts while it is read is read again. */
  inventory(ask: InventoryAsk): AsyncIterable<HeldObject>;
  /** One object, archived ones too; undefined when the target knows none. */
  read(kind: HeldKind, targetId: string): Promise<HeldObject | undefined>;
  /** Tries every credential and right; a problem is a line, not an error. Reads only. */
  check(window: Window): AsyncIterable<Check>;
  /** Applies one change. Must be safe to repeat for everything but an insert. */
  applyOne(change: TargetChange): Promise<TargetOutcome>;
  /** The target id of an object that an interrupted insert may have made, by our key. */
  lookUp(change: TargetChange): Promise<string | undefined>;
  /** Every object that carries the foreign id of a lesson: more than one means that a late request doubled it. */
  findAll(change: TargetChange): Promise<readonly FoundObject[]>;
  /** Attendance of these sheets, in any order; a sheet that is gone is left out. */
  readAttendance(
    sheets: readonly { targetId: string; startsAt: string }[],
    window: Window,
  ): AsyncIterable<TargetAttendance>;
  /** The reasons that marks may carry, where the target has any: those of marks that were read are known without it. */
  reasons?(): Promise<readonly TargetReason[]>;
}
