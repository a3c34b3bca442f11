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
import { addressRefused, alcuinFaults, answerInstead, distort, isLaterPage, statusAnswer } from './faults.ts';
import { presenceRoutes } from './presences.ts';
import { readRoutes } from './routes.ts';
import { School } from './school.ts';
import { makeSchool, type SchoolName } from './schools/index.ts';
import { type AlcuinState, stateShape } from './state.ts';
import { refusal } from './wire.ts';

export interface AlcuinOptions {
  /** 0 or absent takes a free port. */
  readonly port?: number | undefined;
  /** The one password of the connector; there is no user name (documented). */
  readonly password?: string | undefined;
  /** Folder for `alcuin.json`; absent: memory only. */
  readonly stateDir?: string | undefined;
  /** School of a first start; a kept state wins over it. */
  readonly school?: SchoolName | undefined;
  /** Instant the business clock starts from; ignored when a clock is given. */
  readonly now?: string | undefined;
  /** A clock to share with another simulator. */
  readonly clock?: Clock | undefined;
  /** Ways out of the forward proxy that the school's firewall lets in. */
  readonly exits?: ProxyExits | undefined;
  /** Whether whatever did not come through that proxy is refused; can be changed while it runs. */
  readonly onlyFromProxy?: boolean | undefined;
  /** Hard limit of rows in a page, whatever the caller asks (assumed: 1000). Small values make small schools page. */
  readonly pageCap?: number | undefined;
}

/** Password of a simulator that was started without one. */
export const demoPassword = 'alcuin-demo';

const settingsShape = z.strictObject({ onlyFromProxy: z.boolean() }).partial();

/** Starts the double of the Alcuin timetable API. `url` ends with `/api/`, as a school would configure it. */
export async function startAlcuin(options: AlcuinOptions = {}): Promise<Running> {
  const clock = options.clock ?? new Clock(options.now);
  const file = new StateFile<AlcuinState>(options.stateDir, 'alcuin.json', (): AlcuinState => school.state);
  const kept = file.load(stateShape);
  const school: School = new School(kept ?? makeSchool(options.school ?? 'one-lesson', clock.now()));
  if (kept === undefined) file.touch();

  let password = options.password ?? demoPassword;
  const settings = { onlyFromProxy: options.onlyFromProxy ?? false };
  const shared = { journal: new Journal(), faults: new FaultBook(alcuinFaults, { isLaterPage }), waits: new Waits() };
  const manners: Manners = {
    ...shared,
    exits: options.exits,
    authorise: (request) => {
      // The firewall stands before the application: it does not even look at the password.
      if (settings.onlyFromProxy && !request.throughProxy) return addressRefused();
      return request.authorization === `Bearer ${password}`
        ? undefined
        : refusal(401, 'AUTH_REFUSEE', 'Mot de passe absent ou refusé');
    },
    slowDown: () => 0,
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
        edit: (body) => editSchool(school, clock, body),
        setSecret: (secret) => {
          password = secret;
        },
        touch: () => file.touch(),
      },
      routes: [...readRoutes(school, options.pageCap ?? 1000), ...presenceRoutes(school, clock)],
      unknown: () => refusal(404, 'RESSOURCE_INCONNUE', 'Adresse inconnue'),
      unreadable: () => refusal(400, 'PARAMETRE_INVALIDE', 'Corps de requête illisible'),
      addMore: (app) => {
        app.get('/__control/traps', () => ({ total: school.state.pieges.length, traps: school.state.pieges }));
        app.get('/__control/settings', () => settings);
        app.patch('/__control/settings', (request) => Object.assign(settings, settingsShape.parse(bodyOf(request))));
      },
      flush: () => file.flush(),
    },
    options.port ?? 0,
    '/api/',
  );
}
