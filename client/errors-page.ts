import { errorMeanings } from '../roster/error-codes.ts';
import { findingMeanings } from '../roster/finding-codes.ts';

const head = `# Codes

Made from the code by \`npm run docs:errors\`; a test fails when it is out of date. The same codes are the failure types of
Temporal, in tables, in answers with \`--json\`, and on screens.
`;

/** docs/errors.md: every code with what it means, whose move it is and what to do, in the languages of the users. */
export function errorsPage(): string {
  const findings = Object.entries(findingMeanings).map(
    ([code, { severity, mover, what, next }]) =>
      `### ${code}\n\n${severity}, move of: ${mover}\n\n` +
      (['en', 'fr', 'sv'] as const).map((language) => `- ${language}: ${what[language]} ${next[language]}\n`).join(''),
  );
  const errors = Object.entries(errorMeanings).map(
    ([code, { retry, mover, what, next }]) =>
      `### ${code}\n\n${retry ? 'tried again by itself' : 'not tried again by itself'}, move of: ${mover}\n\n` +
      (['en', 'fr', 'sv'] as const).map((language) => `- ${language}: ${what[language]} ${next[language]}\n`).join(''),
  );
  return [
    head,
    '## Problems of a record (findings)\n',
    'A finding never stops a run. It is opened by the first run that sees it and closed by the first that does not.\n',
    ...findings,
    '## Problems of a system (errors)\n',
    'An error ends a step, and with it the run: `rollcall retry` takes it up again where it stopped.\n',
    ...errors,
  ].join('\n');
}
