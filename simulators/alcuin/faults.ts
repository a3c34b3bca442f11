import iconv from 'iconv-lite';
import { type Answer, bytes, html, json } from '../kit/answer.ts';
import { dressed } from '../kit/dress.ts';
import { commonFaults, type FaultRule } from '../kit/faults.ts';
import { refusal } from './wire.ts';

/** Faults only this system has, on top of the common ones. */
export const alcuinFaults = [
  ...commonFaults,
  'windows-1252',
  'windows-1252-undeclared',
  'single-object',
  'missing-list',
  'empty-list',
  'ip-refused',
] as const;

/**
 * What the product shows when a session is lost: a page in the school's colours with status 200 (seen in public
 * clients of the portal). It holds no event, so that a careless reader sees an empty week.
 */
const lostSession = `<!DOCTYPE html>
<html lang="fr"><head><title>OpenPortal - Erreur</title></head>
<body><h1>Une erreur est survenue</h1><p>La variable de session a expir&eacute;. Veuillez vous reconnecter.</p></body>
</html>
`;

/** Codes as the contract lists them; anything above is the web server talking, not the application. */
const codes: Readonly<Record<number, string>> = {
  400: 'PARAMETRE_INVALIDE',
  401: 'AUTH_REFUSEE',
  403: 'DROIT_INSUFFISANT',
  404: 'EVENEMENT_INCONNU',
  409: 'EVENEMENT_VERROUILLE',
  429: 'TROP_DE_REQUETES',
};

export function statusAnswer(status: number): Answer {
  const code = codes[status];
  if (code !== undefined) return refusal(status, code, 'Requête refusée');
  return html(status, `<html><head><title>${status}</title></head><body><h1>Erreur ${status}</h1></body></html>\n`);
}

export function answerInstead(rule: FaultRule): Answer | undefined {
  switch (rule.fault) {
    case 'status':
      return dressed(rule, statusAnswer(rule.status ?? 503), rule.status ?? 503);
    case 'html200':
      return dressed(rule, html(200, lostSession), 200);
    case 'ip-refused':
      return refusal(403, 'IP_REFUSEE', "Adresse d'appel non autorisée");
    default:
      return undefined;
  }
}

export function distort(rule: FaultRule, answer: Answer): Answer {
  if (answer.body.kind !== 'json') return answer;
  const { value } = answer.body;
  switch (rule.fault) {
    case 'windows-1252':
      return inWindows1252(answer, value, 'application/json; charset=windows-1252');
    case 'windows-1252-undeclared':
      return inWindows1252(answer, value, 'application/json');
    case 'single-object':
      return onList(answer, value, (list) => (list.length === 1 ? list[0] : list));
    case 'missing-list':
      return onList(answer, value, (list) => (list.length === 0 ? undefined : list));
    case 'empty-list':
      return isList(value) ? json({ ...value, nbTotal: 0, contenu: [] }) : answer;
    default:
      return answer;
  }
}

function inWindows1252(answer: Answer, value: unknown, contentType: string): Answer {
  return bytes(answer.status, iconv.encode(JSON.stringify(value), 'windows-1252'), contentType);
}

function onList(answer: Answer, value: unknown, change: (list: readonly unknown[]) => unknown): Answer {
  return isList(value)
    ? { ...answer, body: { kind: 'json', value: { ...value, contenu: change(value.contenu) } } }
    : answer;
}

function isList(value: unknown): value is { contenu: readonly unknown[] } {
  return typeof value === 'object' && value !== null && 'contenu' in value && Array.isArray(value.contenu);
}
