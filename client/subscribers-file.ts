import { z } from 'zod';
import { mailSubjects, subscriptionKinds, usualKinds } from '../roster/mail/kinds.ts';
import { languages } from '../roster/why-texts.ts';
import type { ConfiguredSubscriber } from '../store/subscribers.ts';

const webhookUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .refine((text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '', {
    error: 'must not hold a user name or password; requests are signed with a secret instead',
  });

const subscriber = z
  .strictObject({
    mail: z.email('must be a mail address').optional(),
    webhook: webhookUrl.optional(),
    kinds: z.array(z.enum([...subscriptionKinds, 'digest'])).optional(),
    language: z.enum(languages).default('en'),
    digest: z.enum(['daily', 'none']).default('none'),
    role: z.enum(['admin', 'reader']).default('reader'),
  })
  .refine(({ mail, webhook }) => (mail === undefined) !== (webhook === undefined), {
    error: 'must have one of mail and webhook',
  })
  .refine(({ webhook, digest, kinds }) => webhook === undefined || (digest === 'none' && !kinds?.includes('digest')), {
    error: 'a webhook is told at once: digest is for mail',
  });

/** The list of those who are told, as a file says it. */
export const subscribers = z
  .array(subscriber)
  .refine((list) => new Set(list.map(addressOf)).size === list.length, { error: 'has an address twice' });

const person = z.strictObject({ name: z.string().min(1), mail: z.email('must be a mail address').optional() });

/** What a connection says of being told. */
export const telling = {
  subscribers: subscribers.optional(),
  contact: z.strictObject({ department: person.optional(), vendor: person.optional() }).optional(),
  mailSubjects: z.enum(mailSubjects).optional(),
};

function addressOf({ mail, webhook }: { mail?: string | undefined; webhook?: string | undefined }): string {
  return mail?.toLowerCase() ?? webhook ?? '';
}

/** The subscribers of a file as the store keeps them; undefined where the file says nothing of them. */
export function subscribersOf(list: z.infer<typeof subscribers> | undefined): ConfiguredSubscriber[] | undefined {
  return list?.map(({ mail, webhook, kinds, language, digest, role }) => {
    const named = subscriptionKinds.filter((kind) => kinds?.includes(kind));
    // Who names nothing but the digest wants the day's runs.
    const asked =
      kinds === undefined ? usualKinds : named.length > 0 ? named : (['completed', 'failed', 'held'] as const);
    return {
      channel: mail === undefined ? 'webhook' : 'mail',
      address: mail ?? webhook ?? '',
      kinds: asked,
      language,
      daily: digest === 'daily' || kinds?.includes('digest') === true,
      admin: role === 'admin',
    };
  });
}
