import type { Client } from '@temporalio/client';
import { anyDue, type Channel, noteUnsendable } from '../store/deliveries.ts';
import type { Services } from './services.ts';

/** Channels that this process can send on. */
export function channelsOf({ mail }: Pick<Services, 'mail'>): Channel[] {
  return mail === undefined ? ['webhook'] : ['mail', 'webhook'];
}

/** Why mails wait. */
export const noMailServer =
  'No mail server is configured: set ROLLCALL_SMTP_URL and ROLLCALL_MAIL_FROM for the workers.';

/**
 * Has what is due in an organisation sent now, by a small workflow of its own: a slow mail server never holds up a run. One
 * that is at it looks once more before it ends. False where nothing is due that can be sent.
 */
export async function startDeliveries(services: Services, organisationId: string): Promise<boolean> {
  const { db, temporal, taskQueue, mail } = services;
  const due = await db.organisation(organisationId, async (tx) => {
    if (mail === undefined) await noteUnsendable(tx, 'mail', noMailServer);
    return anyDue(tx, channelsOf(services));
  });
  if (!due) return false;
  await startDeliveryWorkflow(temporal, taskQueue, organisationId);
  return true;
}

/** Starts that workflow, or has the one at work look once more. */
export async function startDeliveryWorkflow(
  temporal: Client,
  taskQueue: string,
  organisationId: string,
): Promise<void> {
  await temporal.workflow.signalWithStart('deliverMessages', {
    workflowId: `deliver/${organisationId}`,
    taskQueue,
    args: [organisationId],
    signal: 'more',
  });
}
