import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Role } from '../roster/roles.ts';
import type { Transaction } from './database.ts';

/*
 * A token is what a person or script calls with from outside local mode: `rct_`, 32 random characters, and six that let a
 * mistyped one be told apart. Only its digest is stored.
 */

const shape = /^rct_([A-Za-z0-9_-]{32})([0-9a-f]{6})$/;
const sum = (text: string) => createHash('sha256').update(`rct_${text}`).digest('hex').slice(0, 6);
const digestOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** Whether a text has the shape of a token: false for one that was cut or mistyped. */
export function looksLikeToken(text: string): boolean {
  const [, random, check] = shape.exec(text) ?? [];
  return random !== undefined && sum(random) === check;
}

/** Who a token stands for. */
export interface TokenHolder {
  readonly name: string;
  readonly role: Role;
  /** The only organisation it is for; null for all. */
  readonly organisationId: string | null;
}

/** Who calls with a token; undefined for one that is unknown, revoked or has run out. */
export async function tokenHolder(tx: Transaction, token: string): Promise<TokenHolder | undefined> {
  const [holder] = await tx.query<TokenHolder>(
    `select name, role, organisation_id as "organisationId" from operator.token
      where digest = $1 and revoked_at is null and coalesce(expires_at > clock_timestamp(), true)`,
    [digestOf(token)],
  );
  return holder;
}

/** Makes a token. The answer is the only time it can be read. */
export async function issueToken(
  tx: Transaction,
  given: TokenHolder & { issuedBy: string; expiresDays: number | null },
): Promise<string> {
  const random = randomBytes(24).toString('base64url');
  const token = `rct_${random}${sum(random)}`;
  await tx.execute(
    `insert into operator.token (token_id, digest, name, role, organisation_id, issued_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(days => $7::int))`,
    [randomUUID(), digestOf(token), given.name, given.role, given.organisationId, given.issuedBy, given.expiresDays],
  );
  return token;
}

/** Revokes the tokens of a name; gives how many that were. */
export function revokeTokens(tx: Transaction, name: string, revokedBy: string): Promise<number> {
  return tx.execute(
    'update operator.token set revoked_at = clock_timestamp(), revoked_by = $2 where name = $1 and revoked_at is null',
    [name, revokedBy],
  );
}

/** A token as lists show it. */
export interface TokenRow {
  readonly name: string;
  readonly role: Role;
  readonly organisationCode: string | null;
  readonly issuedBy: string;
  readonly issuedAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

export function listTokens(tx: Transaction): Promise<TokenRow[]> {
  return tx.query<TokenRow>(
    `select t.name, t.role, o.code as "organisationCode", t.issued_by as "issuedBy", t.issued_at as "issuedAt",
            t.expires_at as "expiresAt", t.revoked_at as "revokedAt"
       from operator.token t left join operator.organisation_index o using (organisation_id) order by t.issued_at desc`,
  );
}

/**
 * Whether there is no operator's token yet, or each was revoked: then the first one may be issued by whoever reaches the
 * database. One that ran out still guards: nobody becomes an operator by waiting.
 */
export async function isUnguarded(tx: Transaction): Promise<boolean> {
  const { unguarded } = await tx.one<{ unguarded: boolean }>(
    `select not exists (select from operator.token where role = 'operator' and revoked_at is null) as unguarded`,
  );
  return unguarded;
}
