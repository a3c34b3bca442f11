import { z } from 'zod';
import { type Answer, json } from '../../kit/answer.ts';
import type { ApiRequest, Route } from '../../kit/dispatch.ts';
import type { ApiRoute } from '../../kit/server.ts';
import { type Keycloak, refused } from './keycloak.ts';
import { publicKeys } from './tokens.ts';

const formShape = z.array(z.tuple([z.string(), z.string()]));

/** The part of Keycloak that a sign-in by user name and password meets, at both places where realms can be. */
export function keycloakRoutes(keycloak: Keycloak): readonly ApiRoute[] {
  return (['', '/auth'] as const).flatMap((prefix) => {
    const inRealm =
      (act: (request: ApiRequest) => Answer): Route =>
      (request) => {
        if (keycloak.realm.prefix !== prefix)
          return json({ error: 'Unable to find matching target resource method' }, 404);
        if (request.params['realm'] !== keycloak.realm.realm) return refused(404, 'Realm does not exist');
        return act(request);
      };
    const base = `${prefix}/realms/:realm`;
    const at = (path: string) => `${base}/protocol/openid-connect/${path}`;
    return [
      { method: 'GET', path: `${base}/.well-known/openid-configuration`, route: inRealm(() => keycloak.discovery()) },
      { method: 'GET', path: at('certs'), route: inRealm(() => json(publicKeys())) },
      {
        method: 'POST',
        path: at('token'),
        route: inRealm(({ body, authorization }) => keycloak.token(formOf(body), authorization)),
      },
      {
        method: 'POST',
        path: at('logout'),
        route: inRealm(({ body, authorization }) => keycloak.logout(formOf(body), authorization)),
      },
    ] satisfies ApiRoute[];
  });
}

/** A form, as the kit gives it; anything else is a form without parameters. */
function formOf(body: unknown) {
  const form = formShape.safeParse(body);
  return form.success ? form.data : [];
}
