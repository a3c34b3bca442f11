/*
 * Business errors have no code: only their words tell them apart, and are compared without regard to case.
 */

/** `No course with this ID found`, `Error - cannot get professor by email` (seen in public client code). */
export function saysNotFound(message: string): boolean {
  return /\bno \w+ with this \w+( \w+)? found|cannot get \w+ by email|not found\b/i.test(message);
}

/** `Professor already exists in this school` (seen in public client code). */
export function saysAlreadyExists(message: string): boolean {
  return /already exists/i.test(message);
}

/** `Student already in the list` (seen in public client code); its opposite is assumed. */
export function saysAlreadyInList(message: string): boolean {
  return /already in the list/i.test(message);
}

export function saysNotInList(message: string): boolean {
  return /not in the list/i.test(message);
}

/** `course locked` (seen in public client code). */
export function saysLocked(message: string): boolean {
  return /course (?:already |is )?locked/i.test(message);
}

/** A refusal can also name an unknown professor, which says nothing about the sheet. */
export function saysNoCourse(message: string): boolean {
  return saysNotFound(message) && /course/i.test(message);
}
