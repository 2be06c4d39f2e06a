/**
 * The catalogue of skills. People exist once on the platform and carry their skills across tenants, so the codes are
 * the platform's: versioned data, never typed by hand. A code is never reused; retired ones keep their words.
 */
export const SKILL_CATALOGUE_VERSION = '2026-11';

/** 1 beginner 入门, 2 practised 熟练, 3 expert 专家. */
export const SKILL_LEVELS = [1, 2, 3] as const;
export type SkillLevel = (typeof SKILL_LEVELS)[number];

export interface CatalogueEntry {
  readonly code: string;
  readonly 'zh-CN': string;
  readonly en: string;
}

export interface SkillGroup extends CatalogueEntry {
  readonly skills: readonly CatalogueEntry[];
}

export const SKILL_GROUPS: readonly SkillGroup[] = [
  {
    code: 'care',
    'zh-CN': '为老助残',
    en: 'Care for the elderly and disabled',
    skills: [
      { code: 'elderly-visit', 'zh-CN': '独居老人探访', en: 'Visiting elders who live alone' },
      { code: 'elderly-care', 'zh-CN': '日常照护', en: 'Everyday care' },
      { code: 'dementia-care', 'zh-CN': '认知症照护', en: 'Dementia care' },
      { code: 'wheelchair-assist', 'zh-CN': '轮椅助行', en: 'Wheelchair assistance' },
      { code: 'disability-support', 'zh-CN': '残疾人支持', en: 'Supporting people with disabilities' },
      { code: 'meal-delivery', 'zh-CN': '助餐送餐', en: 'Meal delivery' },
      { code: 'haircut', 'zh-CN': '理发', en: 'Haircutting' },
      { code: 'massage', 'zh-CN': '推拿', en: 'Massage' },
    ],
  },
  {
    code: 'health',
    'zh-CN': '健康与急救',
    en: 'Health and first aid',
    skills: [
      { code: 'first-aid', 'zh-CN': '急救', en: 'First aid' },
      { code: 'blood-pressure', 'zh-CN': '血压血糖测量', en: 'Blood pressure and sugar checks' },
      { code: 'nursing', 'zh-CN': '护理', en: 'Nursing' },
      { code: 'health-education', 'zh-CN': '健康宣教', en: 'Health education' },
      { code: 'psychological-support', 'zh-CN': '心理疏导', en: 'Psychological support' },
      { code: 'crisis-counselling', 'zh-CN': '危机干预', en: 'Crisis counselling' },
    ],
  },
  {
    code: 'children',
    'zh-CN': '儿童与教育',
    en: 'Children and education',
    skills: [
      { code: 'tutoring', 'zh-CN': '作业辅导', en: 'Tutoring' },
      { code: 'child-care', 'zh-CN': '儿童照看', en: 'Child care' },
      { code: 'storytelling', 'zh-CN': '绘本故事', en: 'Storytelling' },
      { code: 'science-education', 'zh-CN': '科普', en: 'Science education' },
      { code: 'sport-coaching', 'zh-CN': '体育指导', en: 'Sport coaching' },
      { code: 'art-teaching', 'zh-CN': '美术书法', en: 'Art and calligraphy' },
      { code: 'music', 'zh-CN': '音乐', en: 'Music' },
    ],
  },
  {
    code: 'law',
    'zh-CN': '法律与调解',
    en: 'Law and mediation',
    skills: [
      { code: 'dispute-mediation', 'zh-CN': '矛盾调解', en: 'Dispute mediation' },
      { code: 'legal-outreach', 'zh-CN': '法律宣传', en: 'Legal outreach' },
      { code: 'legal-advice', 'zh-CN': '法律咨询', en: 'Legal advice' },
      { code: 'anti-fraud', 'zh-CN': '反诈宣传', en: 'Anti-fraud outreach' },
    ],
  },
  {
    code: 'community',
    'zh-CN': '社区治理',
    en: 'Community life',
    skills: [
      { code: 'casework', 'zh-CN': '个案工作', en: 'Casework' },
      { code: 'group-work', 'zh-CN': '小组工作', en: 'Group work' },
      { code: 'community-organising', 'zh-CN': '社区组织', en: 'Community organising' },
      { code: 'grid-patrol', 'zh-CN': '网格巡查', en: 'Grid patrol' },
      { code: 'traffic-guidance', 'zh-CN': '交通引导', en: 'Traffic guidance' },
      { code: 'public-safety', 'zh-CN': '平安巡防', en: 'Public safety patrol' },
    ],
  },
  {
    code: 'environment',
    'zh-CN': '环境保护',
    en: 'Environment',
    skills: [
      { code: 'river-patrol', 'zh-CN': '河道巡护', en: 'River patrol' },
      { code: 'waste-sorting', 'zh-CN': '垃圾分类指导', en: 'Waste sorting guidance' },
      { code: 'tree-planting', 'zh-CN': '植树绿化', en: 'Planting' },
      { code: 'cleaning', 'zh-CN': '环境清洁', en: 'Cleaning up' },
    ],
  },
  {
    code: 'rescue',
    'zh-CN': '应急救援',
    en: 'Rescue',
    skills: [
      { code: 'disaster-relief', 'zh-CN': '救灾', en: 'Disaster relief' },
      { code: 'flood-control', 'zh-CN': '防汛', en: 'Flood control' },
      { code: 'fire-safety', 'zh-CN': '消防安全', en: 'Fire safety' },
      { code: 'logistics', 'zh-CN': '物资调度', en: 'Logistics' },
    ],
  },
  {
    code: 'craft',
    'zh-CN': '生活技能',
    en: 'Practical skills',
    skills: [
      { code: 'driving', 'zh-CN': '驾驶', en: 'Driving' },
      { code: 'cooking', 'zh-CN': '烹饪', en: 'Cooking' },
      { code: 'appliance-repair', 'zh-CN': '家电维修', en: 'Appliance repair' },
      { code: 'plumbing-electrics', 'zh-CN': '水电维修', en: 'Plumbing and electrics' },
      { code: 'gardening', 'zh-CN': '园艺', en: 'Gardening' },
      { code: 'farming', 'zh-CN': '农技', en: 'Farming' },
    ],
  },
  {
    code: 'digital',
    'zh-CN': '信息与传播',
    en: 'Digital and media',
    skills: [
      { code: 'smartphone-help', 'zh-CN': '手机教学', en: 'Smartphone help for elders' },
      { code: 'computer-help', 'zh-CN': '电脑帮助', en: 'Computer help' },
      { code: 'photography', 'zh-CN': '摄影', en: 'Photography' },
      { code: 'writing', 'zh-CN': '文字写作', en: 'Writing' },
      { code: 'design', 'zh-CN': '设计', en: 'Design' },
      { code: 'data-entry', 'zh-CN': '资料整理', en: 'Data entry' },
    ],
  },
  {
    code: 'language',
    'zh-CN': '语言与文化',
    en: 'Languages and culture',
    skills: [
      { code: 'translation', 'zh-CN': '翻译', en: 'Translation' },
      { code: 'sign-language', 'zh-CN': '手语', en: 'Sign language' },
      { code: 'local-dialect', 'zh-CN': '方言沟通', en: 'Local dialect' },
      { code: 'guiding', 'zh-CN': '讲解导览', en: 'Guiding' },
      { code: 'opera-folk', 'zh-CN': '戏曲民俗', en: 'Opera and folk customs' },
      { code: 'event-support', 'zh-CN': '活动服务', en: 'Event support' },
      { code: 'reception', 'zh-CN': '接待引导', en: 'Reception' },
      { code: 'hosting', 'zh-CN': '主持', en: 'Hosting' },
    ],
  },
];

const SKILLS = new Map(
  SKILL_GROUPS.flatMap((group) => group.skills.map((skill) => [skill.code, skill] as const)),
);

/** Every skill code, in the order of the catalogue. */
export const SKILL_CODES: readonly string[] = [...SKILLS.keys()];

export const findSkill = (code: string): CatalogueEntry | undefined => SKILLS.get(code);
export const isSkillCode = (code: string): boolean => SKILLS.has(code);

/** Service areas of the 2024 opinion: the categories of requests. */
export const SERVICE_AREAS: readonly CatalogueEntry[] = [
  { code: 'theory-outreach', 'zh-CN': '理论宣讲', en: 'Theory outreach' },
  { code: 'rural-revitalisation', 'zh-CN': '乡村振兴', en: 'Rural revitalisation' },
  { code: 'environment', 'zh-CN': '生态环保', en: 'Environment' },
  { code: 'health', 'zh-CN': '健康服务', en: 'Health' },
  { code: 'hardship-relief', 'zh-CN': '扶弱济困', en: 'Hardship relief' },
  { code: 'disability', 'zh-CN': '助残', en: 'Disability' },
  { code: 'elderly', 'zh-CN': '为老服务', en: 'Elderly' },
  { code: 'children', 'zh-CN': '关爱儿童', en: 'Children' },
  { code: 'disaster-relief', 'zh-CN': '应急救灾', en: 'Disaster relief' },
  { code: 'education', 'zh-CN': '教育助学', en: 'Education' },
  { code: 'culture', 'zh-CN': '文化文艺', en: 'Culture' },
  { code: 'neighbourhood', 'zh-CN': '邻里守望', en: 'Neighbourhood care' },
  { code: 'dispute-mediation', 'zh-CN': '矛盾调解', en: 'Dispute mediation' },
  { code: 'legal-outreach', 'zh-CN': '法治宣传', en: 'Legal outreach' },
  { code: 'homeless-aid', 'zh-CN': '救助流浪', en: 'Homeless aid' },
  { code: 'psychological-support', 'zh-CN': '心理支持', en: 'Psychological support' },
  { code: 'public-safety', 'zh-CN': '平安建设', en: 'Public safety' },
  { code: 'science', 'zh-CN': '科学普及', en: 'Science' },
  { code: 'heritage', 'zh-CN': '文物保护', en: 'Heritage' },
  { code: 'sport', 'zh-CN': '全民健身', en: 'Sport' },
  { code: 'nature-education', 'zh-CN': '自然教育', en: 'Nature education' },
  { code: 'large-events', 'zh-CN': '大型活动', en: 'Large events' },
  { code: 'other', 'zh-CN': '其他', en: 'Other' },
];

const AREAS = new Map(SERVICE_AREAS.map((area) => [area.code, area]));
export const findServiceArea = (code: string): CatalogueEntry | undefined => AREAS.get(code);
export const isServiceArea = (code: string): boolean => AREAS.has(code);
