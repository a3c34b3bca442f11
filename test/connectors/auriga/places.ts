import { openAuriga } from '../../../connectors/auriga/source.ts';
import type { Source } from '../../../roster/contracts.ts';
import { favourites } from '../../../simulators/auriga/schools/frame.ts';
import { type AurigaRunning, demoAccount } from '../../../simulators/auriga/server.ts';
import { testAccess } from '../doubles/access.ts';

const { realm, clientId, clientSecret, username, password } = demoAccount;

/** The source on a simulated Auriga; a test says what is otherwise. */
export function openOn(
  server: Pick<AurigaRunning, 'url' | 'keycloakUrl'>,
  changes: {
    readonly settings?: object;
    readonly options?: object;
    readonly secrets?: Readonly<Record<string, string>>;
  } = {},
): Source {
  const { url, keycloakUrl } = server;
  return openAuriga(
    testAccess({
      settings: { url, keycloakUrl, realm, clientId, username, ...changes.settings },
      secrets: { clientSecret, password, ...changes.secrets },
      options: {
        interventionsDetailFavoriteQueryId: favourites.interventions,
        GroupesDetailFavoriteQueryId: favourites.groups,
        ...changes.options,
      },
    }),
  );
}
