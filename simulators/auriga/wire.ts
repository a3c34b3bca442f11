import { type Answer, html, json } from '../kit/answer.ts';

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
};

/** An error in the style of the product's framework (assumed). Above 499 a gateway speaks, in HTML. */
export function problem(status: number, path: string, message: string): Answer {
  if (status >= 500)
    return html(status, `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>\n`);
  const error = reasons[status] ?? 'Error';
  return json({ timestamp: new Date().toISOString(), status, error, message, path }, status);
}

/** Refused fields of one record (assumed). */
export function fieldErrors(...errors: readonly { field: string; code: string; message: string }[]): Answer {
  return json({ errors }, 400);
}
