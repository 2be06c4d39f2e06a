import { expect } from 'chai';
import { CATEGORY_NAMES } from '../../../server/features/imports/import.categories.ts';
import { judgeTable } from '../../../server/features/imports/import.judge.ts';
import { guessMapping } from '../../../server/features/imports/import.mapping.rules.ts';
import { judgeRow, LIMITS } from '../../../server/features/imports/import.row.rules.ts';
import {
  plusDays,
  sameWeekdayLater,
  serviceDay,
  SPREAD_DAYS,
} from '../../../server/features/imports/import.schedule.rules.ts';
import type {
  ImportDefaults,
  ImportMapping,
  RowJudgement,
} from '../../../server/features/imports/import.types.ts';
import { requestBody } from '../../../server/features/requests/request.schema.ts';
import { LOCALITY, NYC_HEADER, nycRow } from '../../feature/imports/samples.ts';

const DEFAULTS: ImportDefaults = {
  startTime: '09:00',
  hours: 2,
  people: 1,
  category: 'other',
  place: 'To be announced',
  risks: 'Ask the organiser.',
  support: 'Ask the organiser.',
};
const NOTHING_ASSUMED: ImportDefaults = {
  startTime: null,
  hours: null,
  people: null,
  category: null,
  place: null,
  risks: null,
  support: null,
};
const TODAY = '2026-11-24';
const MAPPING = guessMapping(NYC_HEADER, DEFAULTS);

const judge = (
  overrides: Parameters<typeof nycRow>[0] = {},
  mapping: ImportMapping = MAPPING,
): RowJudgement =>
  judgeRow({ line: 2, cells: nycRow(overrides) as Record<string, string>, ragged: false }, mapping, {
    today: TODAY,
    categories: CATEGORY_NAMES,
  });
const codes = ({ problems }: RowJudgement): string[] => problems.map(({ field, code }) => `${field}:${code}`);

describe('a row of a file', () => {
  it('is taken with what it states, and what is missing is filled and marked', () => {
    const { parsed, problems, assumed } = judge({ vol_requests: '20' });
    expect(problems).to.deep.equal([]);
    expect(assumed).to.have.members(['startTime', 'hours', 'risks', 'support']);
    expect(parsed).to.deep.include({
      category: 'education',
      organisation: 'Sample Readers',
      placeLabel: "1 Sample's Row, Exampleville",
      address: "1 Sample's Row, Exampleville, NY, 10000",
      latitude: 40.7,
      longitude: -73.9,
      date: '2011-06-05',
      startMinutes: 540,
      hours: 2,
      people: 20,
      shift: null,
    });
  });

  it('prefers its own coordinate columns to the printed record', () => {
    expect(judge({ Latitude: '40.8', Longitude: '-73.8' }).parsed).to.deep.include({
      latitude: 40.8,
      longitude: -73.8,
    });
    const broken = judge({ Latitude: 'north', Longitude: '-73.8' });
    expect(broken.parsed).to.deep.include({ latitude: 40.7, longitude: -73.9 });
    expect(codes(broken)).to.deep.equal(['coordinates:not-a-coordinate']);
  });

  it('is taken without a point or a known category, and says so', () => {
    const bare = judge({ locality: '', Postcode: '', category_desc: '' });
    expect(bare.parsed).to.deep.include({ latitude: null, placeLabel: 'To be announced', category: 'other' });
    expect(codes(bare)).to.deep.equal(['coordinates:missing', 'category:missing']);
    expect(bare.assumed).to.include.members(['place', 'category']);
    expect(codes(judge({ category_desc: 'Knitting' }))).to.deep.equal(['category:category-unknown']);
    expect(codes(judge({ locality: 'somewhere' }))).to.include('locality:not-a-locality');
    expect(judge({ locality: '', Borough: 'STATEN ISLAND' }).parsed?.placeLabel).to.equal('Staten Island');
    expect(judge({ Borough: 'QUEENS   ' }).parsed?.placeLabel).to.equal("1 Sample's Row, Queens");
  });

  const rejected: [string, Parameters<typeof nycRow>[0]][] = [
    ['title:required', { title: ' \u200B ' }],
    ['id:required', { opportunity_id: '' }],
    ['people:not-a-number', { vol_requests: 'a few' }],
    ['people:people-out-of-range', { vol_requests: '0' }],
    ['people:people-out-of-range', { vol_requests: '2.5' }],
    ['people:people-out-of-range', { vol_requests: '10001' }],
    ['date:not-a-date', { start_date_date: 'June 31 2011' }],
    ['endDate:ends-before-start', { end_date_date: 'June 04 2011' }],
    ['startTime:not-a-time', { event_time: 'noonish' }],
    ['hours:not-a-number', { hours: 'two' }],
    ['title:formula', { title: '=HYPERLINK("http://x.example")' }],
  ];
  for (const [code, overrides] of rejected)
    it(`is rejected for ${code} (${JSON.stringify(Object.values(overrides ?? {})[0])})`, () => {
      const result = judge(overrides);
      expect(codes(result)).to.include(code);
      expect(result.parsed).to.equal(null);
    });

  it('is rejected when its cells do not fit the header, or its number came before', () => {
    const cells = nycRow() as Record<string, string>;
    const lines = judgeTable(
      [
        { line: 2, cells, ragged: false },
        { line: 3, cells: nycRow() as Record<string, string>, ragged: true },
        { line: 4, cells, ragged: false },
      ],
      MAPPING,
      TODAY,
    );
    expect(lines.map(({ parsed }) => parsed !== null)).to.deep.equal([true, false, false]);
    expect(lines[1]?.problems).to.deep.include({ field: 'row', code: 'row-ragged', value: '' });
    expect(lines[2]?.problems.map(({ code }) => code)).to.include('duplicate-in-file');
  });

  it('is never longer than a request can hold, and its request is one', () => {
    const { parsed, problems } = judge({
      title: '长'.repeat(200),
      summary: 'x'.repeat(10_000),
      org_title: 'o'.repeat(100),
      locality: LOCALITY.replace('Exampleville', 'E'.repeat(300)),
    });
    expect(problems.filter(({ code }) => code === 'cut').map(({ field }) => field)).to.include.members([
      'title',
      'description',
      'organisation',
    ]);
    expect(parsed?.title).to.have.length(LIMITS.title);
    expect(parsed?.description.startsWith('长'.repeat(200))).to.equal(true);
    const asRequest = requestBody.safeParse({
      unitId: 'a'.repeat(24),
      title: parsed?.title,
      description: parsed?.description,
      category: parsed?.category,
      place: {
        label: parsed?.placeLabel,
        address: parsed?.address,
        latitude: parsed?.latitude,
        longitude: parsed?.longitude,
      },
      risks: parsed?.risks,
      support: parsed?.support,
      contactName: parsed?.organisation,
    });
    expect(asRequest.error?.issues ?? []).to.deep.equal([]);
  });

  it('is only reported where the mapping assumes nothing', () => {
    const mapping = { ...MAPPING, defaults: NOTHING_ASSUMED, from: '2026-12-01' };
    const result = judge({ vol_requests: '' }, mapping);
    expect(codes(result)).to.deep.equal(['startTime:missing', 'hours:missing', 'people:missing']);
    expect(result.parsed?.shift).to.equal(null);
    expect(result.assumed).to.have.members(['date', 'recurrence']);
    expect(codes(judge({ locality: '', Postcode: '' }, mapping))).to.include('placeLabel:required');
  });

  it('keeps its fingerprint whatever day it is planned for, and loses it with any value', () => {
    const cells = nycRow() as Record<string, string>;
    const print = (changes: Record<string, string>, mapping: ImportMapping = MAPPING): string | undefined =>
      judgeTable([{ line: 2, cells: { ...cells, ...changes }, ragged: false }], mapping, TODAY)[0]
        ?.fingerprint;
    expect(print({}, { ...MAPPING, from: '2026-12-01' })).to.equal(print({}));
    expect(print({ hits: '9' })).to.equal(print({}));
    expect(print({ vol_requests: '4' })).not.to.equal(print({}));
    expect(print({ start_date_date: 'June 06 2011' })).not.to.equal(print({}));
  });
});

describe('the day a row is served', () => {
  const row = { sourceId: '5001', date: '2011-06-05' };
  it('is its own when that is ahead, and none when it has passed', () => {
    expect(
      serviceDay({ ...row, date: '2027-01-01' }, { shiftDates: 'keep', from: null }, TODAY),
    ).to.deep.equal({ date: '2027-01-01', assumed: false });
    expect(serviceDay({ ...row, date: TODAY }, { shiftDates: 'keep', from: null }, TODAY)?.assumed).to.equal(
      false,
    );
    expect(serviceDay(row, { shiftDates: 'keep', from: null }, TODAY)).to.equal(null);
    expect(
      serviceDay({ ...row, date: '2027-01-01' }, { shiftDates: 'none', from: '2026-12-01' }, TODAY),
    ).to.equal(null);
  });

  it('is spread over two weeks from the first service day, the same row always on the same day', () => {
    const from = '2026-12-01';
    const days = Array.from({ length: 500 }, (_, at) =>
      serviceDay({ sourceId: String(at), date: null }, { shiftDates: 'keep', from }, TODAY),
    );
    expect(new Set(days.map((day) => day?.date)).size).to.equal(SPREAD_DAYS);
    for (const day of days)
      expect(day!.date >= from && day!.date <= plusDays(from, SPREAD_DAYS - 1)).to.equal(true);
    expect(serviceDay(row, { shiftDates: 'keep', from }, TODAY)).to.deep.equal(
      serviceDay(row, { shiftDates: 'keep', from }, '2026-11-25'),
    );
  });

  it('is the same weekday of a coming year when the mapping says so', () => {
    const moved = sameWeekdayLater('2011-06-05', TODAY);
    expect(moved >= TODAY && moved < plusDays(TODAY, 364)).to.equal(true);
    expect(new Date(moved).getUTCDay()).to.equal(new Date('2011-06-05').getUTCDay());
    expect(sameWeekdayLater(TODAY, TODAY)).to.equal(TODAY);
  });
});

describe('the mapping guessed from a header', () => {
  it('knows the NYC Service columns', () => {
    expect(MAPPING).to.deep.include({ preset: 'nyc-service', system: 'nyc-service', dateOrder: 'mdy' });
    expect(MAPPING.columns).to.deep.include({
      id: 'opportunity_id',
      people: 'vol_requests',
      date: 'start_date_date',
    });
  });

  it('finds Chinese and English names, each column once', () => {
    const chinese = guessMapping(
      [
        '编号',
        '活动名称',
        '服务内容',
        '招募人数',
        '服务日期',
        '开始时间',
        '活动地点',
        '纬度',
        '经度',
        '备注',
      ],
      DEFAULTS,
    );
    expect(chinese.columns).to.deep.equal({
      id: '编号',
      title: '活动名称',
      description: '服务内容',
      people: '招募人数',
      date: '服务日期',
      startTime: '开始时间',
      placeLabel: '活动地点',
      latitude: '纬度',
      longitude: '经度',
    });
    const english = guessMapping(
      ['ID', 'Task Title', 'Notes', 'Start Date', 'End Date', 'Volunteers needed', 'Address'],
      DEFAULTS,
    );
    expect(english.columns).to.deep.equal({
      id: 'ID',
      title: 'Task Title',
      date: 'Start Date',
      endDate: 'End Date',
      people: 'Volunteers needed',
      address: 'Address',
    });
    const used = Object.values(chinese.columns);
    expect(new Set(used).size).to.equal(used.length);
  });

  it('names the source by its columns, in any order', () => {
    expect(guessMapping(['a', 'b'], DEFAULTS).system).to.equal(guessMapping(['b', 'a'], DEFAULTS).system);
    expect(guessMapping(['a', 'c'], DEFAULTS).system).not.to.equal(guessMapping(['a', 'b'], DEFAULTS).system);
  });
});
