import { DefaultFailureConverter } from '@temporalio/common';

/** Hides messages and stack traces of failures in the sealed payload; only their type, our code, stays readable. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
