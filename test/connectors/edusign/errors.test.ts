import { describe, expect, it } from 'vitest';
import { openEdusign } from '../../../connectors/edusign/target.ts';
import type { HttpClient } from '../../../connectors/http.ts';
import { failureOf, testAccess } from '../doubles/access.ts';
import { personChange } from '../doubles/changes.ts';
import { edusignForFile } from '../doubles/edusign-for-file.ts';

const { url } = edusignForFile();

/** A target whose every request is answered by this. */
function answering(status: number, body: string, mediaType = 'text/plain') {
  const http: HttpClient = { send: async () => ({ status, mediaType, body: new TextEncoder().encode(body) }) };
  return openEdusign(testAccess({ settings: { url: url() } }), http);
}

const error = (message: unknown) => JSON.stringify({ status: 'error', message });

describe('what Edusign says when it does not do it', () => {
  it.each([
    [401, 'Unauthorized', 'TARGET_AUTH_REFUSED'],
    [401, error('Unauthorized'), 'TARGET_AUTH_REFUSED'],
    [402, 'Payment Required', 'TARGET_UNPAID'],
    [402, error('No subscription'), 'TARGET_UNPAID'],
    [403, 'Forbidden', 'TARGET_FORBIDDEN'],
    [403, error('Forbidden'), 'TARGET_FORBIDDEN'],
    [404, 'Not Found', 'TARGET_ANSWER_INVALID'],
    [429, 'Too Many Requests', 'TARGET_RATE_LIMITED'],
    [429, error('Too many requests'), 'TARGET_RATE_LIMITED'],
    [500, 'Internal Server Error', 'TARGET_UNREACHABLE'],
    [504, '<html></html>', 'TARGET_UNREACHABLE'],
    [302, '', 'TARGET_ANSWER_INVALID'],
    [200, 'OK', 'TARGET_ANSWER_INVALID'],
    [200, '"success"', 'TARGET_ANSWER_INVALID'],
    [200, '{"status":"success"', 'TARGET_ANSWER_INVALID'],
    [200, '{"status":"success","result":{}}', 'TARGET_ANSWER_INVALID'],
  ])('status %i with %j is a problem of the system, %s', async (status, body, code) => {
    expect(await failureOf(answering(status, body).applyOne(personChange()))).toMatchObject({ code });
  });

  it.each([
    [200, 'Quota dépassé', 'Edusign says: Quota dépassé'],
    [200, ['EMAIL is not valid', { field: 'PHONE' }], 'Edusign says: EMAIL is not valid; {"field":"PHONE"}'],
    [200, undefined, 'Edusign refused it without a word.'],
    [400, 'Bad name', 'Edusign says: Bad name'],
    [422, 'Bad name', 'Edusign says: Bad name'],
  ])('status %i with the business error %j is a problem of the record', async (status, message, words) => {
    expect(await answering(status, error(message)).applyOne(personChange())).toEqual({
      state: 'rejected',
      message: words,
    });
  });

  it.each(['update', 'adopt', 'restore', 'archive'] as const)(
    'in words we do not know, before %s, is a problem of the record too',
    async (operation) => {
      const change = personChange({ operation, targetId: 'known1' });
      expect(await answering(200, error('Accès limité')).applyOne(change)).toMatchObject({
        state: 'rejected',
        message: 'Edusign says: Accès limité',
      });
    },
  );
});
