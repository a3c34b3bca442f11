import { type Answer, bytes, withHeader } from './answer.ts';
import type { FaultRule } from './faults.ts';

/** The usual answer of a fault, with the body, type and `Retry-After` that the rule asks for instead. */
export function dressed(rule: FaultRule, usual: Answer, status: number): Answer {
  const answer =
    rule.body === undefined
      ? usual
      : bytes(status, Buffer.from(rule.body, 'utf8'), rule.contentType ?? 'text/html; charset=utf-8');
  return rule.retryAfter === undefined ? answer : withHeader(answer, 'retry-after', String(rule.retryAfter));
}
