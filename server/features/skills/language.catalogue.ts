import type { CatalogueEntry } from './skill.catalogue.ts';

/** Languages people help in: ISO 639 codes, with the local ones that matter at a door. */
export const LANGUAGES: readonly CatalogueEntry[] = [
  { code: 'zh', 'zh-CN': '普通话', en: 'Mandarin' },
  { code: 'zh-wuu', 'zh-CN': '吴语（本地话）', en: 'Wu (local dialect)' },
  { code: 'zh-yue', 'zh-CN': '粤语', en: 'Cantonese' },
  { code: 'she', 'zh-CN': '畲话', en: 'She' },
  { code: 'sgn', 'zh-CN': '手语', en: 'Chinese sign language' },
  { code: 'en', 'zh-CN': '英语', en: 'English' },
  { code: 'ja', 'zh-CN': '日语', en: 'Japanese' },
  { code: 'ko', 'zh-CN': '韩语', en: 'Korean' },
  { code: 'fr', 'zh-CN': '法语', en: 'French' },
  { code: 'es', 'zh-CN': '西班牙语', en: 'Spanish' },
  { code: 'ar', 'zh-CN': '阿拉伯语', en: 'Arabic' },
  { code: 'ru', 'zh-CN': '俄语', en: 'Russian' },
];

const BY_CODE = new Map(LANGUAGES.map((language) => [language.code, language]));

export const findLanguage = (code: string): CatalogueEntry | undefined => BY_CODE.get(code);
export const isLanguageCode = (code: string): boolean => BY_CODE.has(code);
