/**
 * Chinese words for what the API names; `hub.selfpress.HABITS` has the same.
 */

export const HABITS = {
  helps_elderly: "协助老年人评价",
  late_finisher: "习惯先评价后办结",
  children: "窗口前常有儿童",
  asks_for_ratings: "主动请群众评价",
  several_matters: "常一人办多件",
  device: "键盘或线路有问题",
};
