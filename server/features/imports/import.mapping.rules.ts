import { IMPORT_FIELDS } from './import.types.ts';
import type { ImportDefaults, ImportField, ImportMapping } from './import.types.ts';
import { spreadNumber } from './import.text.rules.ts';

type Columns = Readonly<Partial<Record<ImportField, string>>>;

/** Files whose columns we know: recognised by names that stand together nowhere else. */
const NYC_SERVICE: { readonly marks: readonly string[]; readonly columns: Columns } = {
  marks: ['opportunity_id', 'vol_requests', 'org_title', 'start_date_date', 'recurrence_type'],
  columns: {
    id: 'opportunity_id',
    title: 'title',
    description: 'summary',
    category: 'category_desc',
    organisation: 'org_title',
    people: 'vol_requests',
    date: 'start_date_date',
    endDate: 'end_date_date',
    startTime: 'event_time',
    hours: 'hours',
    recurrence: 'recurrence_type',
    area: 'Borough',
    postcode: 'Postcode',
    latitude: 'Latitude',
    longitude: 'Longitude',
    locality: 'locality',
  },
};

/** How columns are called elsewhere: the whole name first, then what it contains. */
const WORDS: Readonly<Record<ImportField, readonly string[]>> = {
  id: ['id', '编号', '序号', 'number', 'no', '项目编号', '活动编号', 'opportunityid'],
  title: ['title', '标题', '名称', 'name', '项目名称', '活动名称', '活动', 'opportunity', 'task', '任务'],
  description: ['description', 'summary', '描述', '内容', '说明', '简介', '详情', 'details', '服务内容'],
  category: ['category', '类别', '分类', '类型', 'type', '服务领域', '领域'],
  organisation: ['organisation', 'organization', '组织', '单位', '机构', '主办', 'org', 'agency', '发起单位'],
  people: ['people', '人数', '招募人数', 'volunteers', 'needed', 'places', 'headcount', '名额', '需求人数'],
  date: ['date', '日期', '服务日期', '活动日期', 'startdate', '开始日期', 'start'],
  endDate: ['enddate', '结束日期', '截止日期', 'end'],
  startTime: ['time', '时间', '开始时间', 'starttime', '服务时间'],
  hours: ['hours', '时长', '小时', 'duration', '服务时长'],
  recurrence: ['recurrence', '频次', '重复', 'frequency'],
  placeLabel: ['place', '地点', 'location', 'venue', '服务地点', '活动地点', '场所'],
  address: ['address', '地址', '详细地址', 'street'],
  area: ['area', '区域', '街道', '乡镇', '镇街', 'borough', 'district', 'city', '社区'],
  postcode: ['postcode', 'zip', '邮编', 'zipcode', 'postalcode'],
  latitude: ['latitude', 'lat', '纬度'],
  longitude: ['longitude', 'lng', 'lon', '经度'],
  locality: ['locality'],
};

/** Letters, digits and Chinese characters only, lower case. */
const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** The mapping that fits the header best, to be looked at and changed by a person. */
export function guessMapping(columns: readonly string[], defaults: ImportDefaults): ImportMapping {
  const isNyc = NYC_SERVICE.marks.every((mark) => columns.includes(mark));
  return {
    preset: isNyc ? 'nyc-service' : 'guessed',
    system: isNyc ? 'nyc-service' : systemOf(columns),
    columns: isNyc ? present(NYC_SERVICE.columns, columns) : guessColumns(columns),
    defaults,
    dateOrder: isNyc ? 'mdy' : 'unknown',
    shiftDates: 'keep',
    from: null,
  };
}

/** Files with the same columns come from the same source until somebody says otherwise. */
const systemOf = (columns: readonly string[]): string =>
  `table-${spreadNumber([...columns].sort().join('\n'))
    .toString(16)
    .padStart(8, '0')}`;

const present = (wanted: Columns, columns: readonly string[]): Columns =>
  Object.fromEntries(Object.entries(wanted).filter(([, column]) => columns.includes(column)));

/** Each column serves one field: exact names first, so that "Start date" is not taken for "Start". */
function guessColumns(columns: readonly string[]): Columns {
  const found: Partial<Record<ImportField, string>> = {};
  const free = new Map(columns.map((column) => [column, plain(column)]));
  const give = (matches: (name: string, word: string) => boolean): void => {
    for (const field of IMPORT_FIELDS) {
      if (found[field] !== undefined) continue;
      for (const word of WORDS[field]) {
        const column = [...free].find(([, name]) => matches(name, word))?.[0];
        if (column === undefined) continue;
        found[field] = column;
        free.delete(column);
        break;
      }
    }
  };
  give((name, word) => name === word);
  give((name, word) => word.length >= minimumLength(word) && name.includes(word));
  return found;
}

/** Short Latin words hide inside others ("no" in "notes"); two Chinese characters are a word. */
const minimumLength = (word: string): number => (/^[\x00-\x7f]+$/.test(word) ? 5 : 2);

/** Columns that the mapping names and the file does not have, by field. */
export const unknownColumns = (mapping: ImportMapping, columns: readonly string[]): ImportField[] =>
  IMPORT_FIELDS.filter((field) => {
    const column = mapping.columns[field];
    return column !== undefined && !columns.includes(column);
  });
