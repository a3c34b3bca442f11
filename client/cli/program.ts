import { Command } from 'commander';
import { UsageError } from './exit-codes.ts';
import { version } from './version.ts';

const exitHelp = `
Exit status:
  0  done
  2  the command or the configuration is wrong; nothing was done
  3  done, but something is held for a person's decision
  4  refused: another run at work, a trial, a role that may not
  5  failed`;

/** The commands. Each loads its own code, so that help and small commands answer at once. */
export function program(): Command {
  const rollcall = new Command('rollcall')
    .description('Durable sync of people, groups and timetables, and attendance back.')
    .version(version)
    .showHelpAfterError('Add --help for the words of this command.')
    .exitOverride()
    .addHelpText('after', exitHelp);
  for (const add of [setUp, goLive, reasons, ask, told, decide, mend, time, operate]) add(rollcall);
  return rollcall;
}

/** Installation, configuration and credentials. */
function setUp(rollcall: Command): void {
  rollcall.commandsGroup('Set up:');
  rollcall
    .command('start')
    .description('start everything on this machine: PostgreSQL, Temporal, simulators, worker, and a demo sync')
    .option('--once', 'stop by itself after the first sync; the exit status says how it went')
    .action(async (options) => {
      process.exitCode = await (await import('../../local/start.ts')).start(options);
    });

  rollcall
    .command('worker')
    .description('host workflows and steps; takes DATABASE_URL, TEMPORAL_ADDRESS and the master keys')
    .action(async () => {
      await import('../../worker/main.ts');
    });

  rollcall
    .command('codec-server')
    .description('let the Temporal UI show what is sealed; takes ROLLCALL_CODEC_ORIGIN, see docs/operations.md')
    .action(async () => {
      await import('../../worker/codec-main.ts');
    });

  rollcall
    .command('migrate')
    .description('bring the database of DATABASE_URL to this version, its roles, and the search attributes of Temporal')
    .option('--json', 'answer as JSON')
    .action(async (options) => (await import('./commands/migrate.ts')).migrateCommand(options));

  const config = rollcall.command('config').description('organisations, accounts and connections, from a file');
  config
    .command('apply')
    .argument('<file>', 'YAML file; see docs/configuration.md')
    .description('make the installation say what the file says; what it does not name stays')
    .option('--preview', 'show what would change, and change nothing')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  rollcall config apply school.yaml --preview')
    .action(async (file, options) => (await import('./commands/config-apply.ts')).configApply(file, options));

  const secret = rollcall.command('secret').description('passwords and keys of accounts');
  secret
    .command('set')
    .argument('<account>', 'organisation/account; for a webhook the organisation')
    .argument('<name>', 'name of the secret, as its connector calls it; the address of a webhook')
    .description('set a secret, typed at a prompt, piped in, or from a variable')
    .option('--from-env <variable>', 'take the value from this environment variable')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  rollcall secret set demo/alcuin password < password.txt')
    .action(async (account, name, options) =>
      (await import('./commands/secret-set.ts')).secretSet(account, name, options),
    );

  rollcall
    .command('keys')
    .description('keys of an organisation')
    .command('rotate')
    .argument('<organisation>')
    .description('seal with a new data key from now on, under the current master key')
    .option('--json', 'answer as JSON')
    .action(async (organisation, options) =>
      (await import('./commands/keys-rotate.ts')).keysRotate(organisation, options),
    );

  rollcall
    .command('connections')
    .description('list the connections')
    .option('--json', 'answer as JSON')
    .action(async (options) => (await import('./commands/connections.ts')).connections(options));

  rollcall
    .command('check')
    .argument('<connection>', 'organisation/connection')
    .description('try every credential and setting of both sides, and say what the school must let in')
    .option('--json', 'answer as JSON')
    .action(async (name, options) => {
      process.exitCode = await (await import('./commands/check.ts')).check(name, options);
    });
}

/** From a first look to a live connection. */
function goLive(rollcall: Command): void {
  rollcall.commandsGroup('Go live:');
  rollcall
    .command('trial')
    .argument('<connection>', 'organisation/connection')
    .description('plan without writing, and say what going live would make, adopt, leave alone and mail')
    .option('--csv <file>', 'write what a person must decide to a file, for "rollcall matches"')
    .option('--reason <text>', 'why, for the audit')
    .option('--json', 'answer as JSON')
    .action(async (name, options) => {
      process.exitCode = await (await import('./commands/trial.ts')).trial(name, options);
    });

  rollcall
    .command('matches')
    .argument('<connection>', 'organisation/connection')
    .argument('<file>', 'the file of "rollcall trial --csv", with decisions filled in')
    .description('decide on records that fit more than one object at the target, or came back under another key')
    .option('--reason <text>', 'why, for the audit')
    .option('--json', 'answer as JSON')
    .action(async (name, file, options) => {
      process.exitCode = await (await import('./commands/matches.ts')).matches(name, file, options);
    });

  rollcall
    .command('go-live')
    .argument('<connection>', 'organisation/connection')
    .description('end the trial, on the plan that "rollcall trial" showed: from now on the connection writes')
    .option('--only <group...>', 'a pilot: only lessons attached to these groups, by name or key')
    .option('--reason <text>', 'why, for the audit')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  rollcall go-live demo/timetable --only "BTS 1 A"\n  rollcall go-live demo/timetable\n${exitHelp}`,
    )
    .action(async (name, options) => {
      process.exitCode = await (await import('./commands/go-live.ts')).live(name, options);
    });

  rollcall
    .command('remove')
    .argument('<connection>', 'organisation/connection')
    .description('take a connection out of service for good; nothing at the target is removed')
    .requiredOption('--reason <text>', 'why; it is kept in the audit')
    .option('--json', 'answer as JSON')
    .action(async (name, options) => {
      process.exitCode = await (await import('./commands/remove.ts')).remove(name, options);
    });

  rollcall
    .command('protected-identities')
    .argument('<organisation>', 'code of the organisation')
    .argument('<choice>', 'sync or leave-out')
    .description('choose how people with protected identity are treated; until then they are held')
    .requiredOption('--reason <text>', 'why, for the audit')
    .option('--json', 'answer as JSON')
    .action(async (organisation, choice, options) =>
      (await import('./commands/protected-identities.ts')).protectedIdentities(organisation, choice, options),
    );
}

/** Reasons of absence: what each of the target goes as at the source. */
function reasons(rollcall: Command): void {
  const commands = () => import('./commands/reasons.ts');
  const list = rollcall
    .command('reasons')
    .argument('<connection>', 'organisation/connection')
    .description('list reasons of absence: what each goes as at the source, who confirmed it, how often it is in use')
    .option('--csv <file>', 'write the table to a file, for "rollcall reasons import"')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  rollcall reasons demo/timetable\n  rollcall reasons set demo/timetable "Arrêt maladie" MAL\n  rollcall reasons confirm demo/timetable --all\n  rollcall reasons default demo/timetable DIV',
    )
    .action(async (name, options) => {
      process.exitCode = await (await commands()).reasons(name, options);
    });
  const decision = (command: Command, description: string) =>
    command.description(description).option('--reason <text>', 'why, for the audit').option('--json', 'answer as JSON');
  decision(
    list
      .command('set')
      .argument('<connection>', 'organisation/connection')
      .argument('<reason>', 'reason of the target, by number or name')
      .argument('<code>', 'code or id of the source; - to send it in words'),
    'choose what a reason goes as',
  ).action(async (name, reason, code, _options, command) => {
    process.exitCode = await (await commands()).setReason(name, reason, code, command.optsWithGlobals());
  });
  decision(
    list
      .command('confirm')
      .argument('<connection>', 'organisation/connection')
      .argument('[reason]', 'reason of the target, by number or name')
      .option('--all', 'every proposal'),
    'confirm what was proposed: one reason, or all',
  ).action(async (name, reason, _options, command) => {
    process.exitCode = await (await commands()).confirmReasons(name, reason, command.optsWithGlobals());
  });
  decision(
    list
      .command('default')
      .argument('<connection>', 'organisation/connection')
      .argument('[code]', 'code or id of the source; - to send them in words')
      .option('--clear', 'no default: what is not confirmed waits'),
    'choose what every reason goes as that is not confirmed',
  ).action(async (name, code, _options, command) => {
    process.exitCode = await (await commands()).defaultReason(name, code, command.optsWithGlobals());
  });
  decision(
    list
      .command('import')
      .argument('<connection>', 'organisation/connection')
      .argument('<file>', 'a file as "rollcall reasons --csv" writes it'),
    'confirm every line of a file that has a code; all lines or none',
  ).action(async (name, file, _options, command) => {
    process.exitCode = await (await commands()).importReasons(name, file, command.optsWithGlobals());
  });
}

/** What support and schools ask. */
function ask(rollcall: Command): void {
  rollcall.commandsGroup('Ask:');
  rollcall
    .command('find')
    .argument('<text>', 'a name, e-mail address, key, lesson title or number, or target id')
    .description('find records, tolerant of accents and typing errors')
    .option('--connection <connection>', 'only in this connection')
    .option('--limit <number>', 'how many', wholeNumber, 20)
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  rollcall find "helene garnier"')
    .action(async (text, options) => {
      process.exitCode = await (await import('./commands/find.ts')).find(text, options);
    });

  rollcall
    .command('why')
    .argument('<connection>', 'organisation/connection')
    .argument('<text>', 'who or what: words as for "find", or person:KEY, lesson:KEY, group:KEY')
    .description('say why a record is as it is at the target, and what happened to it')
    .option('--reply <language>', 'a paragraph to paste for the school: en, fr or sv')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  rollcall why demo/timetable "helene garnier"\n  rollcall why demo/timetable lesson:5001@2026-12-03 --reply fr',
    )
    .action(async (name, text, options) => {
      process.exitCode = await (await import('./commands/why.ts')).why(name, text, options);
    });

  rollcall
    .command('runs')
    .argument('[connection]', 'organisation/connection; all when left out')
    .description('list the newest runs')
    .option('--limit <number>', 'how many', wholeNumber, 20)
    .option('--json', 'answer as JSON')
    .action(async (name, options) => (await import('./commands/runs.ts')).runs(name, options));

  rollcall
    .command('run')
    .argument('<run>', 'organisation/connection#number; the newest when the number is left out')
    .description('show one run: its steps, changes and findings')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  rollcall run demo/timetable#3')
    .action(async (name, options) => (await import('./commands/runs.ts')).run(name, options));

  rollcall
    .command('findings')
    .argument('[connection]', 'organisation/connection; all when left out')
    .description('what is wrong, by reason: how many records, since when, whose move; with --code record by record')
    .option('--code <code>', 'only those of this code, record by record')
    .option('--limit <number>', 'how many records', wholeNumber, 20)
    .option('--csv <file>', 'write every record to a file')
    .option('--json', 'answer as JSON')
    .action(async (name, options) => (await import('./commands/findings.ts')).findings(name, options));

  rollcall
    .command('attendance')
    .argument('<connection>', 'organisation/connection')
    .description('list attendance on its way back: state, reason, whose move, next try')
    .option('--state <state>', 'waiting, sent, acknowledged, rejected or unmapped')
    .option('--limit <number>', 'how many', wholeNumber, 50)
    .option('--json', 'answer as JSON')
    .action(async (name, options) => (await import('./commands/attendance.ts')).attendance(name, options));
}

/** What was told, to whom, and whether it arrived. */
function told(rollcall: Command): void {
  const messages = rollcall
    .command('messages')
    .argument('<connection>', 'organisation/connection')
    .description('list what was told of a connection, to whom, and whether it arrived')
    .option('--failed', 'only what did not arrive')
    .option('--limit <number>', 'how many', wholeNumber, 50)
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  rollcall messages demo/timetable --failed\n  rollcall messages test demo/timetable',
    )
    .action(async (name, options) => (await import('./commands/messages.ts')).messages(name, options));
  messages
    .command('resend')
    .argument('<delivery>', 'id of a delivery, or its beginning, as the list shows it')
    .description('send a message to one subscriber again, now')
    .option('--json', 'answer as JSON')
    .action(async (delivery, _options, command) => {
      process.exitCode = await (await import('./commands/messages.ts')).resendMessage(
        delivery,
        command.optsWithGlobals(),
      );
    });
  messages
    .command('test')
    .argument('<connection>', 'organisation/connection')
    .description('send a test message to everyone who is told of a connection, and say what became of it')
    .option('--json', 'answer as JSON')
    .action(async (name, _options, command) => {
      process.exitCode = await (await import('./commands/messages.ts')).testMessages(name, command.optsWithGlobals());
    });
}

/** What waits for a person. */
function decide(rollcall: Command): void {
  rollcall.commandsGroup('Decide:');
  rollcall
    .command('holds')
    .argument('[connection]', 'organisation/connection; all when left out')
    .description('list what waits for a person: changes over a limit, or from a suspicious source')
    .option('--all', 'decided, replaced and gone ones too')
    .option('--json', 'answer as JSON')
    .action(async (name, options) => (await import('./commands/holds.ts')).holds(name, options));

  rollcall
    .command('hold')
    .argument('<connection>', 'organisation/connection')
    .argument('<number>', 'number of the hold', wholeNumber)
    .description('show one hold, record by record')
    .option('--csv <file>', 'write its changes to a file; from it a list to approve can be made')
    .option('--limit <number>', 'how many records', wholeNumber, 20)
    .option('--json', 'answer as JSON')
    .action(async (name, number, options) => (await import('./commands/holds.ts')).hold(name, number, options));

  for (const action of ['approve', 'reject'] as const) {
    const command = rollcall
      .command(action)
      .argument('<connection>', 'organisation/connection')
      .description(
        action === 'approve'
          ? 'let held changes through, once: all, one hold, one kind, or a list; a run starts at once'
          : 'leave held changes out until their content differs: all, one hold, one kind, or a list',
      )
      .option('--hold <number>', 'only this hold', wholeNumber)
      .option('--kind <kind>', 'only changes of lesson, membership, group …')
      .option('--list <file>', 'only the changes in the first column of this file, as "rollcall hold --csv" writes it')
      .requiredOption('--reason <text>', 'why; it is kept with the decision')
      .option('--json', 'answer as JSON')
      .addHelpText(
        'after',
        `\nExample:\n  rollcall ${action} demo/timetable --hold 3 --reason "end of term"\n${exitHelp}`,
      );
    if (action === 'approve') command.option('--days <number>', 'how long the approval holds (7)', wholeNumber);
    command.action(async (name, options) => {
      process.exitCode = await (await import('./commands/decide.ts')).decide(action, name, options);
    });
  }
}

/** Runs: starting them and putting them right. */
function mend(rollcall: Command): void {
  rollcall.commandsGroup('Sync and mend:');
  rollcall
    .command('sync')
    .argument('<connection>', 'organisation/connection')
    .description('start a sync')
    .option('--preview', 'plan only: say what would change, and write nothing')
    .option('--wait', 'show the steps and end with the result')
    .option('--only <key>', 'one record, by its sync key, with what it needs; nothing else changes')
    .option('--allow-same-day', 'with --only: make a lesson although it was made on its own day')
    .option('--reason <text>', 'why, for the audit; needed with --only')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  rollcall sync demo/timetable --wait\n  rollcall sync demo/timetable --only 5001@2026-12-03 --reason "asked by the school" --wait\n${exitHelp}`,
    )
    .action(async (name, options) => {
      process.exitCode = await (await import('./commands/sync.ts')).sync(name, options);
    });

  rollcall
    .command('reconcile')
    .argument('<connection>', 'organisation/connection')
    .description('list everything the target holds, and say what differs from what we wrote; writes nothing')
    .requiredOption('--preview', 'only this there is: nothing is ever overwritten silently')
    .option('--reason <text>', 'why, for the audit')
    .option('--json', 'answer as JSON')
    .action(async (name, options) => {
      process.exitCode = await (await import('./commands/reconcile.ts')).reconcile(name, options);
    });

  rollcall
    .command('relink')
    .argument('<connection>', 'organisation/connection')
    .description('after our database was restored to an older day: take what the target holds as what we wrote last')
    .requiredOption('--reason <text>', 'why; it is kept with the run')
    .option('--json', 'answer as JSON')
    .action(async (name, options) => {
      process.exitCode = await (await import('./commands/reconcile.ts')).relink(name, options);
    });

  rollcall
    .command('retry')
    .argument('[run]', 'organisation/connection#number')
    .description('take a failed run up again at the step it stopped at, or all that failed with one code')
    .option('--code <code>', 'every connection whose newest run failed with this code')
    .option('--wait', 'show the steps and end with the result')
    .option('--reason <text>', 'why, for the audit')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  rollcall retry demo/timetable#3 --wait\n  rollcall retry --code TARGET_UNREACHABLE\n${exitHelp}`,
    )
    .action(async (name, options) => {
      process.exitCode = await (await import('./commands/retry.ts')).retry(name, options);
    });

  rollcall
    .command('skip-step')
    .argument('<connection>', 'organisation/connection, with a run at work')
    .argument('<step>', 'upsert or attendance')
    .description('end a step of the run at work where that is safe; says what is left for the next run')
    .requiredOption('--reason <text>', 'why; it is kept with the run')
    .option('--json', 'answer as JSON')
    .action(async (name, step, options) => {
      process.exitCode = await (await import('./commands/skip-step.ts')).skipStep(name, step, options);
    });
}

/** When connections run by themselves, and when not. */
function time(rollcall: Command): void {
  rollcall.commandsGroup('Time:');
  rollcall
    .command('calendar')
    .argument('<connection>', 'organisation/connection')
    .description('show the coming runs day by day, and why a day has none')
    .option('--from <date>', 'first day; today when left out')
    .option('--to <date>', 'last day; two weeks when left out')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  rollcall calendar demo/timetable --from 2026-12-14 --to 2027-01-10')
    .action(async (name, options) => (await import('./commands/calendar.ts')).calendar(name, options));

  rollcall
    .command('pause')
    .argument('[connection]', 'organisation/connection')
    .description('let records rest, until a day or until it is lifted; attendance goes on')
    .option('--organisation <code>', 'every connection of an organisation')
    .option('--target <account>', 'whatever writes to an account, as organisation/account')
    .option('--school <code>', 'only changes of this school; the rest goes on')
    .option('--from <date>', 'first day, or a local time; now when left out')
    .option('--until <date>', 'the day on which it syncs again, or a local time; until it is lifted when left out')
    .option('--finish', 'a run at work when it begins may finish; so it is when left out')
    .option('--stop-now', 'a run at work when it begins stops at its next slice')
    .option('--add-only', 'new records pass; changes and deletes wait')
    .option('--with-changes', 'with --add-only: changes pass too, only deletes wait')
    .option('--incident', 'nothing moves in either direction, also for people who ask')
    .requiredOption('--reason <text>', 'why; whoever asks why nothing comes will read it')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  rollcall pause demo/timetable --from 2027-07-03 --until 2027-08-30 --reason "summer holidays"\n  rollcall pause --organisation demo --add-only --until 2027-01-04 --reason "inventory"',
    )
    .action(async (name, options) => {
      process.exitCode = await (await import('./commands/pauses.ts')).pause(name, options);
    });
  rollcall
    .command('resume')
    .argument('[connection]', 'organisation/connection')
    .description('lift a pause before its end; what it covered catches up at once')
    .option('--organisation <code>', 'the pause of an organisation')
    .option('--target <account>', 'the pause of what writes to an account')
    .option('--pause <number>', 'which, as "rollcall pauses" shows it, where there are several', wholeNumber)
    .option('--reason <text>', 'why, for the audit')
    .option('--json', 'answer as JSON')
    .action(async (name, options) => {
      process.exitCode = await (await import('./commands/pauses.ts')).resume(name, options);
    });
  rollcall
    .command('pauses')
    .description('list pauses, in force and to come')
    .option('--all', 'those that are over too')
    .option('--json', 'answer as JSON')
    .action(async (options) => (await import('./commands/pauses.ts')).pauses(options));
}

/** What concerns every organisation. */
function operate(rollcall: Command): void {
  rollcall.commandsGroup('Operate:');
  rollcall
    .command('stop')
    .description('stop runs of every organisation at their next slice: all, a system, or what writes to one')
    .option('--all', 'everything')
    .option('--system <name>', 'whatever reads from or writes to this system')
    .option('--target <name>', 'whatever writes to this system')
    .requiredOption('--reason <text>', 'why; whoever asks why nothing runs will read it')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  rollcall stop --target edusign --reason "Edusign maintenance"')
    .action(async (options) => {
      process.exitCode = await (await import('./commands/stops.ts')).stop(options);
    });
  rollcall
    .command('go')
    .description('lift a stop, and take up again what it stopped')
    .option('--all', 'the stop of everything')
    .option('--system <name>', 'the stop of this system')
    .option('--target <name>', 'the stop of what writes to this system')
    .option('--json', 'answer as JSON')
    .action(async (options) => {
      process.exitCode = await (await import('./commands/stops.ts')).go(options);
    });
  rollcall
    .command('stops')
    .description('list the stops in force')
    .option('--json', 'answer as JSON')
    .action(async (options) => (await import('./commands/stops.ts')).stops(options));

  rollcall
    .command('incidents')
    .description('what fails now over all connections: by code and outside system')
    .option('--json', 'answer as JSON')
    .action(async (options) => (await import('./commands/incidents.ts')).incidents(options));

  rollcall
    .command('bundle')
    .argument('<run>', 'organisation/connection#number; the newest when the number is left out')
    .description('write one file about a run for a developer: counts, codes and times, nobody’s data')
    .option('--out <file>', 'where; rollcall-run-N.json when left out')
    .action(async (name, options) => {
      process.exitCode = await (await import('./commands/bundle.ts')).bundle(name, options);
    });

  rollcall
    .command('shape')
    .argument('<connection>', 'organisation/connection')
    .description('show which fields the answers of a source have, and what of it changed; names only, no values')
    .option('--accept', 'take it as usual from now on: what came is known, what is gone is not waited for')
    .option('--reason <text>', 'with --accept: why, for the audit')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  rollcall shape demo/timetable\n  rollcall shape demo/timetable --accept --reason "new release, said the vendor"',
    )
    .action(async (name, options) => {
      process.exitCode = await (await import('./commands/shape.ts')).shape(name, options);
    });

  const token = rollcall.command('token').description('who may call from outside local mode');
  token
    .command('issue')
    .argument('<name>', 'who holds it: a person or a script')
    .description('issue a token and show it for the only time; commands take it from ROLLCALL_TOKEN')
    .requiredOption('--role <role>', 'operator, support, admin or viewer')
    .option('--organisation <code>', 'only this organisation; every one when left out')
    .option('--days <number>', 'how long it is in force; until it is revoked when left out', wholeNumber)
    .option('--json', 'answer as JSON')
    .action(async (name, options) => (await import('./commands/token.ts')).tokenIssue(name, options));
  token
    .command('revoke')
    .argument('<name>', 'whose tokens')
    .description('revoke the tokens of a name')
    .option('--json', 'answer as JSON')
    .action(async (name, options) => (await import('./commands/token.ts')).tokenRevoke(name, options));
  token
    .command('list')
    .description('list the tokens, without themselves')
    .option('--json', 'answer as JSON')
    .action(async (options) => (await import('./commands/token.ts')).tokenList(options));

  const clock = rollcall.command('clock').description('business time, in local mode only');
  clock
    .command('set')
    .argument('<instant>', 'ISO instant, as in 2026-12-01T08:00:00+01:00')
    .description('set business time; it goes on ticking from there')
    .option('--json', 'answer as JSON')
    .action(async (instant, options) => (await import('./commands/clock.ts')).clock(instant, options));
  clock
    .command('reset')
    .description('business time is real time again')
    .option('--json', 'answer as JSON')
    .action(async (options) => (await import('./commands/clock.ts')).clock(undefined, options));
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`"${text}" is not a whole number from 1 on.`);
  return Number(text);
}
