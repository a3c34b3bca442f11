import { type Role, roles } from '../../../roster/roles.ts';
import { organisationIdOf } from '../../../store/configuration.ts';
import { issueToken, listTokens, revokeTokens } from '../../../store/tokens.ts';
import { UsageError } from '../exit-codes.ts';
import { localTime, paint, print, printJson, printTable } from '../output.ts';
import { withSession } from '../session.ts';

/** Issues a token, and shows it for the only time. */
export async function tokenIssue(
  name: string,
  options: { role: string; organisation?: string; days?: number; json?: boolean },
): Promise<void> {
  const role = roles.find((known): known is Role => known === options.role);
  if (role === undefined) throw new UsageError(`There is no role "${options.role}". Roles: ${roles.join(', ')}.`);
  if (role === 'operator' && options.organisation !== undefined) {
    throw new UsageError('An operator is for every organisation; give a token of one organisation another role.');
  }
  if (role === 'operator' && options.days !== undefined) {
    throw new UsageError('An operator’s token does not run out, so that nobody is locked out: revoke it instead.');
  }
  await withSession('token', async ({ db, actor }) => {
    const token = await db.operator(async (tx) => {
      const organisation = options.organisation === undefined ? null : await organisationIdOf(tx, options.organisation);
      if (organisation?.isNew) throw new UsageError(`There is no organisation "${options.organisation}".`);
      return issueToken(tx, {
        name,
        role,
        organisationId: organisation?.id ?? null,
        issuedBy: actor.name,
        expiresDays: options.days ?? null,
      });
    });
    if (options.json) printJson('token', { name, role, token });
    else {
      print(token);
      process.stderr.write('Keep it: it is not shown again. Commands take it from ROLLCALL_TOKEN.\n');
    }
  });
}

/** Revokes the tokens of a name. */
export async function tokenRevoke(name: string, options: { json?: boolean }): Promise<void> {
  await withSession('token', async ({ db, actor }) => {
    const revoked = await db.operator((tx) => revokeTokens(tx, name, actor.name));
    if (options.json) printJson('token-revoke', { name, revoked });
    else
      print(
        revoked === 0
          ? `No token of "${name}" is in force.`
          : `${revoked} token${revoked === 1 ? '' : 's'} of "${name}" revoked.`,
      );
  });
}

/** Lists the tokens, without themselves. */
export async function tokenList(options: { json?: boolean }): Promise<void> {
  await withSession('token', async ({ db }) => {
    const tokens = await db.operator(listTokens);
    if (options.json) printJson('tokens', { tokens });
    else if (tokens.length === 0) print('No token was issued.');
    else {
      printTable(
        ['NAME', 'ROLE', 'OF', 'ISSUED', 'BY', 'STATE'],
        tokens.map((token) => [
          token.name,
          token.role,
          token.organisationCode ?? 'every organisation',
          localTime(token.issuedAt),
          token.issuedBy,
          token.revokedAt !== null
            ? paint('red', 'revoked')
            : token.expiresAt === null
              ? 'in force'
              : `until ${localTime(token.expiresAt)}`,
        ]),
      );
    }
  });
}
