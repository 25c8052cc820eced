"""What people read about each pattern, in Chinese with English beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """A pattern's name, what its presses have in common, and what may honestly explain it."""

    zh: str
    en: str
    did_zh: str  # "310 次评价中 99 次……"
    did_en: str
    honest_zh: tuple[str, ...]
    honest_en: tuple[str, ...]


WORDS: Final = {
    "nobody": Words(
        "无人办事时按键",
        "pressed with nobody at the window",
        "没有可评价的业务而按键",
        "pressed with no visit to rate",
        ("儿童或路过的人按着玩", "键盘检修或演练未登记", "上一位群众迟按"),
        (
            "children or passers-by at the keypad",
            "a test or drill that was not declared",
            "a late press of the last citizen",
        ),
    ),
    "closed": Words(
        "停止服务时按键",
        "pressed while the window was closed",
        "窗口已停止服务而按键",
        "pressed at a closed window",
        ("加班办理未登记开窗", "保洁或检修碰到键盘", "最后一位群众迟按"),
        ("overtime without opening the window", "cleaning or repair", "the last citizen's late press"),
    ),
    "before": Words(
        "办结前按键",
        "pressed before the finish",
        "在办结之前按下",
        "pressed before the visit was finished",
        ("习惯先请群众评价、后点办结", "办结操作被延误"),
        ("a habit of ending the ticket late", "the finish came late"),
    ),
    "raised": Words(
        "低评后补按高评",
        "a top press over a low rating",
        "群众按低档后又出现最高档",
        "a low rating followed by a top press",
        ("群众按错后自己更正",),
        ("a citizen's own correction",),
    ),
    "answered": Words(
        "抢在群众之前按键",
        "a top press just before the citizen's low one",
        "先出现最高档、随后群众按低档",
        "a top press followed by a low one",
        ("群众按错后自己更正", "同来的人也按了一次"),
        ("a citizen's own correction", "a companion pressed too"),
    ),
    "short": Words(
        "无人办理的号",
        "tickets without a citizen",
        "一取号就叫号、办理时间极短",
        "called at once and served in no time",
        ("一人办多件，后几件很快", "大厅空闲、业务简单"),
        ("several matters in one visit", "an empty hall and simple matters"),
    ),
    "robot": Words(
        "按键间隔如机器般一致",
        "a machine's rhythm",
        "与办结的间隔落在同一个 0.2 秒之内",
        "within the same fifth of a second after the finish",
        ("键盘或线路本身有固定延时",),
        ("a fixed delay of the keypad or its line",),
    ),
    "fast": Words(
        "邀请一出即按",
        "pressed at once after the invite",
        "办结后极短时间内按下",
        "pressed right after the finish",
        ("群众等着评价、手已在键上", "办结操作被延误"),
        ("a citizen who waits with a finger on the key", "the finish came late"),
    ),
    "after": Words(
        "群众离开后补按",
        "pressed after the citizen had gone",
        "办结很久之后才按下",
        "pressed long after the finish",
        ("老年人或行动不便者按得慢", "工作人员受群众之托协助按键"),
        ("slow or elderly citizens", "declared or undeclared assistance at the citizen's wish"),
    ),
    "middle": Words(
        "某一时段按键偏多",
        "too many presses at one delay",
        "办结后这一时段内按下",
        "pressed at this delay",
        ("固定的接待流程",),
        ("a fixed way of serving",),
    ),
    "rate": Words(
        "评价率骤高",
        "the rating rate rose",
        "得到评价",
        "were rated",
        ("工作人员开始主动请群众评价", "大厅组织评价宣传", "业务类型变化"),
        ("the clerk began to ask for ratings", "a campaign", "other kinds of matters"),
    ),
    "no_bad": Words(
        "低档评价消失",
        "low ratings vanished",
        "评价为最高档",
        "ratings were top",
        ("服务改进", "换到矛盾少的业务"),
        ("better service", "easier matters"),
    ),
    "next_call": Words(
        "叫下一号前按键",
        "pressed just before the next call",
        "紧接着就叫下一号",
        "pressed just before the next call",
        ("等群众评完再叫号",),
        ("waiting for the rating before calling",),
    ),
    "ending": Words(
        "邀请将结束时按键",
        "pressed as the invite ended",
        "在邀请将结束时按下",
        "pressed as the invite ended",
        ("群众犹豫到最后",),
        ("a citizen who hesitates",),
    ),
    "repeated": Words(
        "同一业务多次按键",
        "several presses on one visit",
        "是已评价业务上的再次按键",
        "pressed again on a rated visit",
        ("键盘反应慢，群众多按",),
        ("a slow keypad",),
    ),
    "late": Words(
        "邀请结束后按键",
        "pressed after the invite",
        "在邀请结束后按下",
        "pressed after the invite had ended",
        ("群众收拾材料后才按",),
        ("a citizen who packs first",),
    ),
    "uninvited": Words(
        "少邀请评价",
        "invites left out",
        "办结后没有邀请评价",
        "finished without an invite",
        ("评价器、叫号器或网络故障，邀请发不出", "业务系统代为办结", "号票叫错、重复取号，并无业务可评"),
        (
            "a fault of keypad, pad or network, so that no invite came",
            "another system finished the ticket",
            "a wrong call or a second ticket, with nothing to rate",
        ),
    ),
    "miscoded": Words(
        "办完却登记为过号",
        "served, then booked as missed",
        "办理很久后登记为过号",
        "booked as missed after a long service",
        ("群众中途离开、缺材料改日再来", "误按过号键", "该窗口的业务本来容易中断"),
        (
            "the citizen left half-way or lacked papers",
            "the miss key pressed by mistake",
            "matters at this window that are often broken off",
        ),
    ),
    "unplugged": Words(
        "办理中键盘离线",
        "the keypad went away during visits",
        "有业务在办理期间键盘离线",
        "had visits during which the keypad was away",
        ("接头松动、线缆老化、断电", "该窗口的评价器或线路有故障", "保洁、检修时拔下而未登记"),
        (
            "a loose plug, an old cable, a power cut",
            "a faulty keypad or line at this window",
            "unplugged for cleaning or repair without a word",
        ),
    ),
    "declared": Words(
        "声明协助过多",
        "assistance declared very often",
        "事先声明协助评价",
        "had assistance declared beforehand",
        ("该窗口专为老年人、残疾人服务", "来办的多是不识字或行动不便的群众", "误把声明当作必经步骤"),
        (
            "a window for the elderly or the disabled",
            "matters that bring citizens who need help",
            "the declaration taken for a usual step",
        ),
    ),
}
HABITS: Final = {
    "helps_elderly": ("协助老年人评价", frozenset({"after", "middle", "before", "rate", "late", "ending", "declared"})),
    "late_finisher": ("习惯先评价后办结", frozenset({"before", "fast"})),
    "children": ("窗口前常有儿童", frozenset({"nobody", "closed", "repeated"})),
    "asks_for_ratings": ("主动请群众评价", frozenset({"rate", "no_bad", "next_call"})),
    "several_matters": ("常一人办多件", frozenset({"short"})),
    "device": ("键盘或线路有问题", frozenset({"robot", "fast", "repeated", "nobody", "uninvited", "unplugged"})),
}


@dataclass(frozen=True, slots=True)
class Inquiry:
    """How people look into a watch: what to check first, what to ask citizens and what their answers mean."""

    next_zh: str
    next_en: str
    ask_zh: str
    ask_en: str
    cleared_zh: str
    """The answer that speaks for the clerk: outcome `own`."""
    denied_zh: str
    """The answer that speaks against: outcome `denied`."""


INQUIRIES: Final = {
    "uninvited": Inquiry(
        "查这些业务是在叫号器、网页还是业务系统上办结的，评价器当时是否正常",
        "see by which device or system these tickets were finished, and whether the keypad worked",
        "办完后，窗口有没有请您评价？",
        "were you asked to rate when it was done?",
        "请过评价",
        "没请评价",
    ),
    "miscoded": Inquiry(
        "与业务系统的办件记录核对：这些人的事当时是否办成",
        "compare with the case records: was the matter done?",
        "您那次叫到号后，事情办成了没有？",
        "was your matter done that time?",
        "没有办成",
        "已经办成",
    ),
    "unplugged": Inquiry(
        "先请人检查该窗口评价器的接头、供电和线路，再看离线时刻的监控，有无人动过插头",
        "have plug, power and line checked, then see on the camera whether anybody touched the plug",
        "办理时，有没有看到评价器被拔下或拿走？",
        "did you see anybody unplug or remove the keypad?",
        "没有看到",
        "看到过",
    ),
    "declared": Inquiry(
        "看这些时刻的监控：群众是否需要协助，协助时是谁按的键",
        "see on the camera whether the citizens needed help, and who pressed",
        "那次评价时，您有没有请窗口工作人员帮忙按键？",
        "did you ask the clerk to help you press the key?",
        "请人帮过忙",
        "没有请人帮忙",
    ),
}
ASKED: Final = frozenset({"uninvited", "miscoded", "declared"})
"""Watches that citizens' answers settle; who had no reason to look at a plug can't say."""
