import { createHmac } from 'node:crypto';
import type { Access } from '../roster/contracts.ts';
import { RollcallError } from '../roster/errors.ts';
import { guardedHttp, HttpFailure, type HttpLimits } from './http.ts';
import { SendFailure } from './mail.ts';

export interface WebhookRequest {
  readonly url: string;
  readonly secret: string;
  /** The same each time the same thing is sent, so that a receiver can leave out what it has. */
  readonly deliveryId: string;
  readonly body: object;
  /** Seconds since 1970, real time: a receiver refuses what is too old. */
  readonly timestamp: number;
}

/**
 * The header `Rollcall-Signature`: `t=SECONDS,v1=HEX`, where HEX is HMAC-SHA256 of `SECONDS.BODY` with the webhook's secret.
 */
export function signatureOf(secret: string, timestamp: number, body: string): string {
  return `t=${timestamp},v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

const requestTimeoutMs = 15_000;
/** What a receiver answers is of no interest. */
const maxAnswerBytes = 64 * 1024;

/**
 * Posts something to a webhook of an organisation, past the guard that keeps requests out of our own network. Any 2xx is
 * taken for received; a redirect is not followed.
 *
 * @throws SendFailure
 */
export async function postWebhook(
  access: Pick<Access, 'allowHosts' | 'signal'>,
  { url, secret, deliveryId, body, timestamp }: WebhookRequest,
  limits: HttpLimits = {},
): Promise<void> {
  const http = guardedHttp(
    { ...access, settings: {}, options: {}, secrets: {}, requestTimeoutMs, pace: async () => {}, now: () => '' },
    { maxAnswerBytes, ...limits },
  );
  const headers = {
    'Rollcall-Delivery': deliveryId,
    // What is signed is what is sent: both are the JSON of the same object.
    'Rollcall-Signature': signatureOf(secret, timestamp, JSON.stringify(body)),
  };
  try {
    const { status } = await http.send({
      method: 'POST',
      url: new URL(url),
      headers,
      json: body,
      rateClass: 'webhook',
    });
    if (status >= 200 && status < 300) return;
    throw new SendFailure(`The webhook answered with status ${status}.`, { forGood: status === 410 });
  } catch (error) {
    if (error instanceof HttpFailure) throw new SendFailure(error.message);
    if (error instanceof RollcallError && error.code === 'HOST_NOT_ALLOWED') {
      throw new SendFailure(`HOST_NOT_ALLOWED: ${error.message}`, { forGood: true });
    }
    throw error;
  }
}
