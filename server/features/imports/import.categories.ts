import { SERVICE_AREAS } from '../skills/skill.catalogue.ts';

/** How sources name what our catalogue calls a service area; lower case. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'strengthening communities': 'neighbourhood',
  'helping neighbors in need': 'hardship-relief',
  'emergency preparedness': 'disaster-relief',
  seniors: 'elderly',
  'children & youth': 'children',
  youth: 'children',
  arts: 'culture',
  sports: 'sport',
  环保: 'environment',
  环境保护: 'environment',
  助老: 'elderly',
  敬老: 'elderly',
  养老服务: 'elderly',
  儿童关爱: 'children',
  教育: 'education',
  医疗健康: 'health',
  健康: 'health',
  扶贫: 'hardship-relief',
  济困: 'hardship-relief',
  应急: 'disaster-relief',
  救灾: 'disaster-relief',
  文化: 'culture',
  体育: 'sport',
  社区服务: 'neighbourhood',
  心理: 'psychological-support',
  科普: 'science',
  赛会服务: 'large-events',
};

/** Service area code by any name we know: the catalogue's own codes and names in both languages, and other sources'. */
export const CATEGORY_NAMES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(ELSEWHERE),
  ...SERVICE_AREAS.flatMap((area) =>
    [area.code, area['zh-CN'], area.en].map((name) => [name.toLowerCase(), area.code] as const),
  ),
]);
