import iconv from 'iconv-lite';
import { type Answer, bytes } from './answer.ts';

/** The answer in the charset of old Western pages, saying so or not. What the charset lacks becomes a question mark. */
export function inWindows1252(answer: Answer, isDeclared: boolean): Answer {
  if (answer.body.kind !== 'json') return answer;
  const content = iconv.encode(JSON.stringify(answer.body.value), 'windows-1252');
  return bytes(answer.status, content, `application/json${isDeclared ? '; charset=windows-1252' : ''}`);
}
