import { type Answer, html, json, text } from '../kit/answer.ts';
import { inWindows1252 } from '../kit/charset.ts';
import type { ApiRequest } from '../kit/dispatch.ts';
import { dressed } from '../kit/dress.ts';
import { commonFaults, type FaultRule, type FaultTarget } from '../kit/faults.ts';
import { messages } from './envelope.ts';

/** Faults only this system has, on top of the common ones. */
export const edusignFaults = [...commonFaults, 'business-error', 'empty-list', 'saturday-outage'] as const;

/** Bare texts seen in public clients, and their like. */
const words: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

const maintenance =
  '<!DOCTYPE html>\n<html><head><title>Edusign</title></head><body><h1>Maintenance en cours</h1></body></html>\n';

/** A status with its bare text: the envelope is only for business outcomes. */
export function statusAnswer(status: number): Answer {
  return text(status, words[status] ?? 'Error');
}

/** Pages count from 0; without the parameter the list is whole. */
export function isLaterPage({ query }: FaultTarget): boolean {
  return (query['page'] ?? '0') !== '0';
}

/** What a look-up says of a record that somebody has just removed. */
function goneMessage(path: string): string {
  if (path.startsWith('/v1/student')) return messages.noStudent;
  if (path.startsWith('/v1/professor')) return messages.noProfessor;
  if (path.startsWith('/v1/group')) return messages.noGroup;
  return messages.noCourse;
}

export function answerInstead(rule: FaultRule, request: ApiRequest): Answer | undefined {
  switch (rule.fault) {
    case 'status':
    case 'saturday-outage':
      return dressed(rule, statusAnswer(rule.status ?? 503), rule.status ?? 503);
    case 'html200':
      return dressed(rule, html(200, maintenance), 200);
    case 'gone':
      return json({ status: 'error', message: rule.message ?? goneMessage(request.path) });
    case 'locked':
      return json({ status: 'error', message: rule.message ?? messages.locked });
    case 'business-error':
      return json({ status: 'error', message: rule.message ?? 'An error occurred' });
    default:
      return undefined;
  }
}

export function distort(rule: FaultRule, answer: Answer): Answer {
  if (rule.fault === 'windows-1252') return inWindows1252(answer, true);
  if (rule.fault === 'windows-1252-undeclared') return inWindows1252(answer, false);
  if (rule.fault !== 'empty-list' || answer.body.kind !== 'json') return answer;
  const { value } = answer.body;
  const isList = typeof value === 'object' && value !== null && 'result' in value && Array.isArray(value.result);
  return isList ? json({ status: 'success', result: [] }) : answer;
}
