import { ResponseBodyError } from 'oauth4webapi';
import { RollcallError } from '../../roster/errors.ts';
import { answerInvalid, settingWrong } from './errors.ts';

/**
 * What a refused sign-in is about: a line of `rollcall check` of its own each. Decided by `error`, since statuses changed
 * between versions of Keycloak; the description only chooses the words.
 */
export type SignInSubject = 'client' | 'account' | 'realm' | 'sign-in';

/** The refusal of a sign-in by name and password in our codes; everything else is passed on as it is. */
export function signInRefusal(error: unknown, host: string): RollcallError {
  if (!(error instanceof ResponseBodyError)) throw error;
  const { error: code, error_description: told = '', status } = error;
  const at = `The single sign-on at ${host}`;
  const facts = (subject: SignInSubject) => ({ host, status, subject });
  switch (code) {
    case 'invalid_grant':
      return refused(`${at} refused the account: ${accountWords(told)}.`, facts('account'));
    case 'unauthorized_client':
    case 'invalid_client':
    case 'unsupported_grant_type':
      return refused(`${at} refused the client: ${clientWords(told)}.`, facts('client'));
    case 'access_denied':
      return settingWrong(`${at} has switched the realm off.`, facts('realm'));
    case 'invalid_request':
      return /https/i.test(told)
        ? settingWrong(`${at} asks for https: write keycloakUrl with https.`, facts('sign-in'))
        : answerInvalid(`${at} does not understand how we sign in.`, facts('sign-in'));
    default:
      return status === 404
        ? settingWrong(`${at} does not know the realm.`, facts('realm'))
        : answerInvalid(`${at} refused the sign-in for a reason we do not know.`, facts('sign-in'));
  }
}

/** Whether an error is an answer of the other side, or its silence: what a refresh may fail with. */
export function isSignInAnswer(error: unknown): boolean {
  return error instanceof ResponseBodyError || (error instanceof RollcallError && error.code.startsWith('SOURCE_'));
}

function refused(message: string, facts: Readonly<Record<string, string | number>>): RollcallError {
  return new RollcallError('SOURCE_AUTH_REFUSED', message, { facts });
}

function accountWords(told: string): string {
  if (/disabled/i.test(told)) return 'it is disabled';
  if (/not fully set up/i.test(told))
    return 'it is not fully set up (a temporary password, a required action, or no name)';
  return 'user name or password is wrong, or it is locked for a while';
}

function clientWords(told: string): string {
  if (/direct access grants/i.test(told)) return 'it does not allow direct access grants';
  if (/consent/i.test(told)) return 'it requires the consent of the user';
  if (/grant_type/i.test(told)) return 'signing in by user name and password is not allowed';
  return 'clientId or clientSecret is wrong';
}
