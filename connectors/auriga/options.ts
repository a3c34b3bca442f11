import { z } from 'zod';
import { webAddress } from '../system.ts';
import { readKeycloakAddress } from './keycloak-address.ts';

const name = z.string().trim().min(1, { error: 'must not be empty' });

const keycloakUrl = z.string().refine((pasted) => readKeycloakAddress(pasted) !== undefined, {
  error: 'must be the http or https address of the login, without a password',
});

/** Names as the connector's set-up page has them. The secrets that belong to them are `clientSecret` and `password`. */
export const accountSettings = z
  .strictObject({
    url: webAddress.describe('Address of Auriga itself, such as https://auriga.school.example'),
    keycloakUrl: keycloakUrl.describe("Address of the single sign-on's login; anything from its host to the whole URL"),
    realm: name
      .regex(/^[^/]+$/, { error: 'must be one segment: what follows /realms/' })
      .describe('The Keycloak realm'),
    clientId: name.describe('The confidential client in that realm'),
    username: name.describe('The account that signs in to Auriga'),
  })
  .check((context) => {
    const { keycloakUrl: pasted, realm } = context.value;
    const named = readKeycloakAddress(pasted)?.realm;
    if (named === undefined || named === realm) return;
    context.issues.push({
      code: 'custom',
      input: realm,
      path: ['realm'],
      message: `is "${realm}", but keycloakUrl names the realm "${named}"; one of them is wrong`,
    });
  });
export type AccountSettings = z.infer<typeof accountSettings>;

/** Numbers of saved queries and menu entries: integers, which people write with or without quotes. */
const number = z
  .union(
    [
      z.int().min(0),
      z
        .string()
        .trim()
        .regex(/^\d{1,15}$/),
    ],
    { error: 'must be a number' },
  )
  .transform(String);

const optionalNumber = z
  .union([z.null(), z.literal('').transform(() => null), number])
  .transform((given) => given ?? undefined)
  .optional();

const motive = z
  .union([z.string().trim().min(1), z.int()], { error: "must be the id of one of Auriga's absence reasons" })
  .transform(String);

/** Unknown names are refused, so that a mistyped option is told and not silently without effect. */
export const sourceOptions = z.strictObject({
  interventionsDetailFavoriteQueryId: number.describe('Id of the "Interventions" favourite'),
  GroupesDetailFavoriteQueryId: optionalNumber.describe(
    'Id of the "Groups" favourite; groups are synced when it is set',
  ),
  interventionsMenuEntryId: optionalNumber.describe(
    'Menu entry of the "Interventions" favourite, where the menu does not say',
  ),
  groupsMenuEntryId: optionalNumber.describe('Menu entry of the "Groups" favourite, where the menu does not say'),
  nbDaysToGet: z.int().min(1).max(365).default(14).describe('Calendar days ahead of today that are synced'),
  lookAheadDays: z
    .int()
    .min(0)
    .max(60)
    .default(14)
    .describe('Days beyond the window of which lessons are kept only to tell when they will be sent'),
  useProxy: z
    .boolean()
    .default(false)
    .describe("Reach Auriga and its single sign-on through the operator's forward proxy"),
  motifs: z
    .record(z.string().trim().min(1), motive)
    .optional()
    .describe("The target's reason of an absence, by id or name, to the id of Auriga's absence reason"),
});
export type SourceOptions = z.infer<typeof sourceOptions>;

/** The option that names a favourite. */
export type FavouriteOption = 'interventionsDetailFavoriteQueryId' | 'GroupesDetailFavoriteQueryId';
