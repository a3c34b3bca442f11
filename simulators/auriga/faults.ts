import { type Answer, html, json, withValue } from '../kit/answer.ts';
import type { ApiRequest } from '../kit/dispatch.ts';
import { dressed } from '../kit/dress.ts';
import { commonFaults, type FaultRule, type FaultTarget } from '../kit/faults.ts';
import { problem } from './wire.ts';

/** Faults only this system has, on top of the common ones. */
export const aurigaFaults = [
  ...commonFaults,
  'no-content',
  'no-columns',
  'empty-list',
  'spoilt-lines',
  'reject-person',
] as const;

/** What the application sends when a session or a route is lost: its own page, with status 200 (seen). */
const page = `<!DOCTYPE html>
<html lang="fr"><head><title>Auriga</title></head><body><app-root></app-root><script src="main.js"></script></body></html>
`;

export function statusAnswer(status: number): Answer {
  return problem(status, '/api', 'Refused');
}

export function isLaterPage({ query }: FaultTarget): boolean {
  return (query['page'] ?? '1') !== '1';
}

export function answerInstead(rule: FaultRule, request: ApiRequest): Answer | undefined {
  switch (rule.fault) {
    case 'status':
      return dressed(rule, statusAnswer(rule.status ?? 503), rule.status ?? 503);
    case 'html200':
      return dressed(rule, html(200, page), 200);
    case 'gone':
      return problem(404, request.path, 'Unknown');
    case 'locked':
      return problem(409, request.path, 'Locked');
    default:
      return undefined;
  }
}

export function distort(rule: FaultRule, answer: Answer): Answer {
  if (answer.body.kind !== 'json' || !isPage(answer.body.value)) return answer;
  const { value } = answer.body;
  const { content } = value;
  switch (rule.fault) {
    case 'no-content':
      return withValue(answer, { ...value, content: undefined });
    case 'no-columns':
      return withValue(answer, { ...value, content: { lines: content.lines } });
    case 'empty-list':
      return json({ ...value, content: { ...content, lines: [] }, totalPages: 0, totalElements: 0 });
    case 'spoilt-lines':
      return withValue(answer, { ...value, content: { ...content, lines: spoilt(content.lines, rule.share ?? 1) } });
    default:
      return answer;
  }
}

/** Somebody changed the format of the favourite: the first lines hold nothing that was there. */
function spoilt(lines: readonly (readonly unknown[])[], share: number): unknown[][] {
  return lines.map((line, at) => (at < lines.length * share ? line.map(() => '-') : [...line]));
}

interface LinesPage {
  readonly content: { readonly lines: readonly (readonly unknown[])[] };
}

function isPage(value: unknown): value is LinesPage {
  if (typeof value !== 'object' || value === null || !('content' in value)) return false;
  const { content } = value;
  return typeof content === 'object' && content !== null && 'lines' in content && Array.isArray(content.lines);
}
