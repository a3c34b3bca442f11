import { z } from 'zod';
import { Clock } from '../kit/clock.ts';
import { bodyOf } from '../kit/control.ts';
import type { Manners } from '../kit/dispatch.ts';
import { FaultBook } from '../kit/faults.ts';
import { Journal } from '../kit/journal.ts';
import type { ProxyExits } from '../kit/proxy-exits.ts';
import { type Running, startServer } from '../kit/server.ts';
import { StateFile } from '../kit/state-file.ts';
import { Waits } from '../kit/waits.ts';
import { editSchool } from './edits.ts';
import { answerInstead, distort, edusignFaults, isLaterPage, statusAnswer } from './faults.ts';
import { isMaintenanceTime } from './outage.ts';
import { documentedPace, Pace, type PaceLimits, paceShape } from './pace.ts';
import { attendanceRoutes } from './routes/attendance.ts';
import { courseRoutes } from './routes/courses.ts';
import { groupRoutes } from './routes/groups.ts';
import { justificationRoutes } from './routes/justifications.ts';
import { professorRoutes } from './routes/professors.ts';
import { schoolRoutes } from './routes/school.ts';
import { studentRoutes } from './routes/students.ts';
import { School } from './school.ts';
import { type EdusignState, emptyState, settingsShape, stateShape } from './state.ts';

export interface EdusignOptions {
  /** 0 or absent takes a free port. */
  readonly port?: number | undefined;
  /** The key of the one school that is behind this server. */
  readonly apiKey?: string | undefined;
  /** Folder for `edusign.json`; absent: memory only. */
  readonly stateDir?: string | undefined;
  /** Instant the business clock starts from; ignored when a clock is given. */
  readonly now?: string | undefined;
  /** A clock to share with another simulator. */
  readonly clock?: Clock | undefined;
  /** Ways out of the forward proxy: the journal then tells what came through it. */
  readonly exits?: ProxyExits | undefined;
  /** Limits that differ from the documented ones. */
  readonly pace?: Partial<PaceLimits> | undefined;
}

/** Key of a simulator that was started without one. */
export const demoKey = 'edusign-demo';

function faultBook(clock: Clock): FaultBook {
  return new FaultBook(edusignFaults, {
    isLaterPage,
    isInForce: (fault) => fault !== 'saturday-outage' || isMaintenanceTime(clock.now()),
  });
}

/** Starts the double of the Edusign v1 API. `url` is the host only: paths start with `/v1/`. */
export async function startEdusign(options: EdusignOptions = {}): Promise<Running> {
  const clock = options.clock ?? new Clock(options.now);
  const file = new StateFile<EdusignState>(options.stateDir, 'edusign.json', (): EdusignState => school.state);
  const kept = file.load(stateShape);
  const school: School = new School(kept ?? emptyState(), clock);
  if (kept === undefined) file.touch();

  let apiKey = options.apiKey ?? demoKey;
  const pace = new Pace({ ...documentedPace, ...options.pace });
  const shared = { journal: new Journal(), faults: faultBook(clock), waits: new Waits() };
  const manners: Manners = {
    ...shared,
    exits: options.exits,
    authorise: (request) => (request.authorization === `Bearer ${apiKey}` ? undefined : statusAnswer(401)),
    slowDown: (request) => pace.delayFor(request),
    answerInstead,
    distort,
    statusAnswer,
  };

  return startServer(
    {
      manners,
      controls: {
        ...shared,
        clock,
        state: () => school.state,
        edit: (body) => editSchool(school, body),
        setSecret: (secret) => {
          apiKey = secret;
        },
        touch: () => file.touch(),
      },
      routes: [
        ...schoolRoutes(school),
        ...professorRoutes(school),
        ...studentRoutes(school),
        ...groupRoutes(school),
        ...courseRoutes(school),
        ...attendanceRoutes(school),
        ...justificationRoutes(school),
      ],
      unknown: () => statusAnswer(404),
      unreadable: () => statusAnswer(400),
      addMore: (app) => {
        app.get('/__control/mails', () => ({ total: school.state.mails.length, mails: school.state.mails }));
        app.delete('/__control/mails', () => {
          school.state.mails = [];
          file.touch();
          return { ok: true };
        });

        app.get('/__control/settings', () => school.state.settings);
        app.patch('/__control/settings', (request) => {
          Object.assign(school.state.settings, settingsShape.partial().parse(bodyOf(request)));
          file.touch();
          return school.state.settings;
        });

        const paceNow = () => ({ ...pace.limits, ...pace.counts() });
        app.get('/__control/pace', paceNow);
        app.patch('/__control/pace', (request) => {
          const { forget, ...limits } = paceShape
            .partial()
            .extend({ forget: z.boolean().optional() })
            .parse(bodyOf(request));
          Object.assign(pace.limits, limits);
          if (forget === true) pace.reset();
          return paceNow();
        });
      },
      flush: () => file.flush(),
    },
    options.port ?? 0,
    '',
  );
}
