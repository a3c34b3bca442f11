import { json } from '../kit/answer.ts';
import type { ApiRequest, Route } from '../kit/dispatch.ts';
import { cutPage } from '../kit/pages.ts';
import type { ApiRoute } from '../kit/server.ts';
import type { School } from './school.ts';
import { dateOf } from './state.ts';
import { readDay, zone } from './time.ts';
import { eventsOnWire, refusal } from './wire.ts';

/** Rows of a page when the caller does not say. Assumed. */
const usualPage = 200;

/** The reading half of the API. */
export function readRoutes(school: School, pageCap: number): readonly ApiRoute[] {
  const list = (request: ApiRequest, items: readonly unknown[]) => listAnswer(request, items, pageCap);

  const directoryList =
    (items: (directory: number) => readonly unknown[]): Route =>
    (request) => {
      const directory = Number(request.params['directory']);
      if (!school.hasDirectory(directory)) return refusal(404, 'ANNUAIRE_INCONNU', 'Annuaire inconnu');
      return list(request, items(directory));
    };

  return [
    { method: 'GET', path: '/api/ping', route: () => json({ version: '1.0', fuseau: zone }) },
    {
      method: 'GET',
      path: '/api/evenements',
      route: (request) => {
        const from = readDay(request.query['dateDebut']);
        const to = readDay(request.query['dateFin']);
        if (from === undefined || to === undefined || to < from) {
          return refusal(400, 'PARAMETRE_INVALIDE', 'dateDebut et dateFin sont attendues au format AAAAMMJJ');
        }
        const events = school.state.evenements
          .filter((event) => dateOf(event) >= from && dateOf(event) <= to)
          .sort((a, b) => a.debut.localeCompare(b.debut) || a.id - b.id);
        return listAnswer(request, events, pageCap, (shown) => eventsOnWire(school, shown));
      },
    },
    {
      method: 'GET',
      path: '/api/annuaires/:directory/personnes',
      route: directoryList((directory) => school.state.personnes.filter((each) => each.idAnnuaire === directory)),
    },
    {
      method: 'GET',
      path: '/api/annuaires/:directory/groupes',
      route: directoryList((directory) => school.state.groupes.filter((each) => each.idAnnuaire === directory)),
    },
    { method: 'GET', path: '/api/ressources', route: (request) => list(request, school.state.ressources) },
  ];
}

/** @param dress makes the wire's form of the rows that are shown, only of them. */
function listAnswer<T>(
  request: ApiRequest,
  items: readonly T[],
  pageCap: number,
  dress: (shown: readonly T[]) => readonly unknown[] = (shown) => shown,
) {
  const asked = positive(request.query['taillePage'], usualPage);
  const page = positive(request.query['numeroPage'], 1);
  if (asked === undefined || page === undefined) {
    return refusal(400, 'PARAMETRE_INVALIDE', 'taillePage et numeroPage sont des entiers à partir de 1');
  }
  // Asking for more than the cap is not refused: the answer is shorter, and says so (seen on the portal's own lists).
  const size = Math.min(asked, pageCap);
  const cut = cutPage(items, page - 1, size, request.fault);
  return json({ numeroPage: page, taillePage: size, nbTotal: cut.total, contenu: dress(cut.items) });
}

function positive(text: string | undefined, absent: number): number | undefined {
  if (text === undefined) return absent;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
