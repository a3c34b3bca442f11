import { Connection } from '@temporalio/client';

/** Asks the Temporal server at an address whether it serves. Returns nothing when it does, else why not. */
export async function whyTemporalIsSilent(address: string, timeoutMs = 3_000): Promise<string | undefined> {
  let connection: Connection | undefined;
  try {
    // Without the interceptors of the SDK, which would try again until time is up.
    connection = Connection.lazy({ address, interceptors: [] });
    const { healthService } = connection;
    const health = await connection.withDeadline(Date.now() + timeoutMs, () =>
      healthService.check({ service: 'temporal.api.workflowservice.v1.WorkflowService' }),
    );
    return health.status === 1 ? undefined : 'it answers, but does not serve yet';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await connection?.close().catch(() => undefined);
  }
}
