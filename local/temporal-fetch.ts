import { TestWorkflowEnvironment } from '@temporalio/testing';

// Run by temporal-download.ts as a process of its own: `temporal-fetch.ts FOLDER VERSION`, the reason on stdout.
const [folder, version] = process.argv.slice(2);
if (folder === undefined || version === undefined) throw new Error('Usage: temporal-fetch.ts FOLDER VERSION');

try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'cached-download', version: `v${version}`, downloadDir: folder },
      // Only the file is wanted: the server that the SDK would start with it ends at once.
      extraArgs: ['--help'],
    },
  });
  await environment.teardown();
} catch (error) {
  console.log(reason(error));
}
// The native runtime keeps the process alive.
process.exit(0);

function reason(error: unknown): string {
  const messages: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) messages.push(at.message.split('\n')[0] ?? '');
  return messages.join(': ') || String(error);
}
