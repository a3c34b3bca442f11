import { z } from 'zod';
import { type Answer, json } from '../kit/answer.ts';
import type { ApiRequest } from '../kit/dispatch.ts';
import { cutPage } from '../kit/pages.ts';
import type { ApiRoute } from '../kit/server.ts';
import { type Rendered, renderGroups, renderInterventions } from './columns.ts';
import type { School } from './school.ts';
import type { Favourite } from './state.ts';
import { problem } from './wire.ts';

/** Lines of a page when the caller does not say (seen), and the most it may ask for (assumed). */
const usualSize = 100;

const definitionShape = z.looseObject({
  queryId: z.number().int(),
  searchResultDefinition: z.looseObject({ lang: z.enum(['fr', 'en']) }),
});

/** The three calls that run a saved query. */
export function queryRoutes(school: School, pageCap: number): readonly ApiRoute[] {
  return [
    { method: 'GET', path: '/api/menus', route: () => json(menus(school)) },
    {
      method: 'GET',
      path: '/api/menuEntries/:entry/query/:query',
      route: ({ params, path }) => {
        const favourite = favouriteAt(school, params['entry'], Number(params['query']));
        if (favourite === undefined) return problem(404, path, 'Unknown query');
        return json({ queryDefinition: definitionOf(school, favourite) });
      },
    },
    {
      method: 'POST',
      path: '/api/menuEntries/:entry/searchResult',
      // Asking is a POST and writes nothing.
      writes: false,
      route: (request) => searchResult(school, request, pageCap),
    },
  ];
}

/** Standard screens stand in the menu as well; their numbers are the product's own (seen). */
function menus(school: School): unknown {
  const screens = [
    { menuEntryCode: 'APP_040_010_MES_PLANNING', menuEntryId: 227, queryId: null, formId: 12 },
    { menuEntryCode: 'APP_040_010_INSCR', menuEntryId: 166, queryId: 1034, formId: null },
  ];
  const favourites = school.state.favourites
    .filter(({ listed }) => listed)
    .map(({ menuEntryId, queryId }) => ({
      menuEntryCode: `APP_900_${menuEntryId}_AURIQUEST`,
      menuEntryId,
      queryId,
      formId: null,
    }));
  return { menus: [{ objects: screens }, { objects: favourites }, {}] };
}

function favouriteAt(school: School, entry: string | undefined, queryId: number): Favourite | undefined {
  return school.state.favourites.find((each) => each.queryId === queryId && String(each.menuEntryId) === entry);
}

function definitionOf(school: School, favourite: Favourite): unknown {
  const { queryId, joinIdenticalLines, lang, title: queryTitle, timezone, kind } = favourite;
  return {
    queryId,
    joinIdenticalLines,
    searchResultDefinition: {
      api: kind === 'interventions' ? 'interventions' : 'populations',
      modelName: kind === 'interventions' ? 'Intervention' : 'Population',
      lang,
      queryTitle,
      columns: rendered(school, favourite).columns,
      filters: {
        booleanOperator: 'AND',
        conditions: [{ path: 'Intervention', field: 'startDateTime', operator: 'greaterOrEqual', value: ['today'] }],
      },
      hiddenFilters: null,
      filtersCustom: null,
      subQueries: [],
    },
    searchResultGlobal: { sorts: [], columns: [], filters: [], dataviz: null, timezone },
  };
}

function searchResult(school: School, request: ApiRequest, pageCap: number): Answer {
  const asked = positive(request.query['size'], usualSize);
  const page = positive(request.query['page'], 1);
  const definition = definitionShape.safeParse(request.body);
  if (asked === undefined || page === undefined || !definition.success) {
    return problem(400, request.path, 'Bad query definition, size or page');
  }
  const { queryId, searchResultDefinition } = definition.data;
  const favourite = favouriteAt(school, request.params['entry'], queryId);
  if (favourite === undefined) return problem(404, request.path, 'Unknown query');
  const size = Math.min(asked, pageCap);
  const { columns, lines } = rendered(school, { ...favourite, lang: searchResultDefinition.lang });
  const cut = cutPage(lines, page - 1, size, request.fault);
  return json({
    content: { ...(favourite.namesColumns ? { columns } : {}), lines: cut.items },
    totalPages: Math.ceil(cut.total / size),
    totalElements: cut.total,
    number: page,
    size,
  });
}

/** In the order of the ids, as callers ask for it. */
function rendered(school: School, favourite: Favourite): Rendered {
  const byId = <T extends { id: number }>(things: readonly T[]) => [...things].sort((a, b) => a.id - b.id);
  if (favourite.kind === 'groups') return renderGroups(favourite, byId(school.state.groups));
  return renderInterventions(
    favourite,
    byId(school.state.interventions).flatMap((intervention) => school.linesOf(intervention)),
  );
}

function positive(text: string | undefined, absent: number): number | undefined {
  if (text === undefined) return absent;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
