import { type Answer, html, json, withValue } from '../kit/answer.ts';
import { inWindows1252 } from '../kit/charset.ts';
import type { ApiRequest } from '../kit/dispatch.ts';
import { dressed } from '../kit/dress.ts';
import { commonFaults, type FaultRule, type FaultTarget } from '../kit/faults.ts';
import { refusal } from './wire.ts';

/** Faults only this system has, on top of the common ones. */
export const alcuinFaults = [
  ...commonFaults,
  'single-object',
  'missing-list',
  'lost-list',
  'empty-list',
  'ip-refused',
  'reject-lines',
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
  422: 'STATUT_INVALIDE',
  429: 'TROP_DE_REQUETES',
};

export function statusAnswer(status: number): Answer {
  const code = codes[status];
  if (code !== undefined) return refusal(status, code, 'Requête refusée');
  return html(status, `<html><head><title>${status}</title></head><body><h1>Erreur ${status}</h1></body></html>\n`);
}

/** Pages count from 1; without the parameter it is the first. */
export function isLaterPage({ query }: FaultTarget): boolean {
  return (query['numeroPage'] ?? '1') !== '1';
}

export function answerInstead(rule: FaultRule, request: ApiRequest): Answer | undefined {
  switch (rule.fault) {
    case 'status':
      return dressed(rule, statusAnswer(rule.status ?? 503), rule.status ?? 503);
    case 'html200':
      return dressed(rule, html(200, lostSession), 200);
    case 'ip-refused':
      return addressRefused();
    case 'gone':
      return request.path.includes('/annuaires/')
        ? refusal(404, 'ANNUAIRE_INCONNU', 'Annuaire inconnu')
        : refusal(404, 'EVENEMENT_INCONNU', 'Évènement inconnu');
    case 'locked':
      return refusal(409, 'EVENEMENT_VERROUILLE', 'Présences closes pour cet évènement');
    default:
      return undefined;
  }
}

export function distort(rule: FaultRule, answer: Answer): Answer {
  if (answer.body.kind !== 'json') return answer;
  const { value } = answer.body;
  switch (rule.fault) {
    case 'windows-1252':
      return inWindows1252(answer, true);
    case 'windows-1252-undeclared':
      return inWindows1252(answer, false);
    case 'single-object':
      return withValue(
        answer,
        everywhere(value, (list) => (list.length === 1 ? list[0] : list)),
      );
    case 'missing-list':
      return withValue(
        answer,
        everywhere(value, (list) => (list.length === 0 ? undefined : list)),
      );
    case 'lost-list':
      return isList(value) ? withValue(answer, { ...value, contenu: undefined }) : answer;
    case 'empty-list':
      return isList(value) ? json({ ...value, nbTotal: 0, contenu: [] }) : answer;
    default:
      return answer;
  }
}

/** Whose call did not come from the one address the school's firewall lets in. */
export function addressRefused(): Answer {
  return refusal(403, 'IP_REFUSEE', "Adresse d'appel non autorisée");
}

/** The habit of an XML answer turned into JSON concerns every list, those inside an element too. */
function everywhere(value: unknown, change: (list: readonly unknown[]) => unknown): unknown {
  if (Array.isArray(value)) return change(value.map((each) => everywhere(each, change)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, everywhere(inner, change)]));
}

function isList(value: unknown): value is { contenu: readonly unknown[] } {
  return typeof value === 'object' && value !== null && 'contenu' in value && Array.isArray(value.contenu);
}
