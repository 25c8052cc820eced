"""How much likelier a clerk's counts are if the clerk pressed in citizens' places.

Every pattern looks at cells: presses that have something in common. If a clerk adds presses there, three things happen:
the cell holds a larger share, more of its presses are top, and more visits are rated. The alternative lets a share of
the cell's presses be the clerk's, for several shares; the null lets honest clerks differ in all three, with heavy
tails that are shared by share and rate (a habit moves both). The clerk's own other presses say what is top for this
clerk.

A clerk may begin on any day: the evidence is the mean over starts, and what the clerk did before a start says what is
normal for this clerk after it. Arrays are [..., clerk, start] unless said otherwise; likelihoods are natural logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from hub.selfpress import baseline
from hub.selfpress.baseline import Level, Prior
from hub.selfpress.cells import Cells, cells_of, own_pace
from hub.selfpress.counts import BLOCK_DAYS, TICKS, Count, Ledger
from hub.selfpress.likelihood import Array, expit, log_average, log_gamma_poisson, log_logit_normal, log_mean, logit
from hub.selfpress.mixtures import FAKE, TAIL_WEIGHT, TAKEN, composition, honest, raised_share
from hub.selfpress.patterns import LASTING_DAYS, LASTS, PATTERNS, WATCHES, WEIGHT, Evidence
from hub.selfpress.spans import Spans, block_starts

ADDED: Final = 0.6  # prior share of cheats who press for those who did not rate, against in place of those who would
DOSE: Final = np.array([0.1, 0.3, 1.0, 3.0, 10.0])  # presses a day without a visit
CELL_SPREAD: Final = 0.2  # how far the top share in one cell may lie from a clerk's own, log odds
CELL_DRIFT: Final = 0.35  # how far a clerk's share of a cell moves from block to block, log odds
ODD_DAY: Final = 2.0  # log odds by which one day of a clerk's past may lie off: a keypad out, a day elsewhere
ODD: Final = 0.03  # share of pasts that have such a day, or of times that have one with many strays
# Alone, a rate that rises has to be beyond what a short past and a lucky month make of it.
RATE_MOVES: Final = 0.2
RATE_TAILS: Final = np.array([0.9, 0.085, 0.015])
HABIT_SPREAD: Final = 2.6  # times the usual
FLOOR: Final = -0.5  # evidence of what is not worth weighing: nothing speaks for it
FINE_DAYS: Final = 2  # between the starts of a change of rate
WORTH: Final = 0.5  # standard errors of share and top share together, from which a cell is worth weighing
SPARSE: Final = 2  # presses below which a cell says nothing
EARLIER: Final = 1.2  # natural log: an earlier start that is nearly as likely is taken for the start
FEW: Final = 10  # visits below which a rate says nothing
PEAK_TICKS: Final = 4
AROUND_TICKS: Final = 24
PEAKS: Final = 60  # as good as so many places where a peak could be
_RATE: Final = Prior(0.8, 20, 0.6, narrows=1 / 20)
_QUALITY: Final = Prior(0.8, 20, 0.35)
_STRAYS: Final = (Count.NOBODY, Count.CLOSED, Count.DURING)
_BOUTS: Final = (Count.NOBODY_BOUTS, Count.CLOSED_BOUTS, Count.DURING_BOUTS)
ODD_BOUTS: Final = 2.0  # more bouts than usual on a day on which a family waits an hour
# code, k, n, share, tries, spread, doses
_DOSED: Final[tuple[tuple[str, Count, Count, float, float, float, tuple[float, ...]], ...]] = (
    ("raised", Count.RAISED, Count.LOW_FIRST, 0.03, 30, 0.65, (0.1, 0.2, 0.4, 0.6, 0.9)),
    ("answered", Count.LOWERED, Count.TOP_FIRST, 0.0015, 400, 0.8, (0.004, 0.01, 0.025, 0.05, 0.1)),
    ("uninvited", Count.UNINVITED, Count.FINISHED, 0.02, 50, 0.6, (0.05, 0.1, 0.2, 0.4, 0.8)),
    ("miscoded", Count.MISSED_SERVED, Count.ENDED, 0.005, 200, 0.6, (0.01, 0.03, 0.08, 0.2, 0.5)),
    ("unplugged", Count.OUTAGE, Count.DAYS, 0.03, 60, 1.1, (0.05, 0.1, 0.2, 0.4, 0.8)),
    ("declared", Count.DECLARED, Count.FINISHED, 0.02, 50, 0.9, (0.1, 0.2, 0.4, 0.6, 0.9)),
)


class Weigher:
    """Weighs all clerks of a hall as of now."""

    def __init__(self, ledger: Ledger) -> None:
        clerks, blocks, days = len(ledger.clerks), ledger.blocks, len(ledger.days)
        self.daily = ledger.table[:clerks, :days]
        self.table = np.add.reduceat(self.daily, np.arange(0, days, BLOCK_DAYS), axis=1)
        self.delays, self.gaps, self.ticks = (
            hist[:clerks, :blocks] for hist in (ledger.delays, ledger.gaps, ledger.ticks)
        )
        self.spans = Spans(block_starts(blocks, ledger.quarter // BLOCK_DAYS), blocks)
        self.fine = Spans(list(range(ledger.quarter, days, FINE_DAYS)), days, BLOCK_DAYS)
        self.pace = own_pace(self.delays[..., 0].sum(1))
        visits, rated, top = (self.table[:, :, c] for c in (Count.VISITS, Count.RATED, Count.RATED_TOP))
        self.quality = baseline.hall_level(top.sum(1), rated.sum(1), _QUALITY)
        self.quality_drift = baseline.drift(top, rated, self.quality, 0.1)
        self.rate = baseline.hall_level(rated.sum(1), visits.sum(1), _RATE)
        self.rate_drift = baseline.drift(rated, visits, self.rate, 0.12)
        self.rate_offsets = baseline.offsets_by_block(rated, visits, self.rate)
        self.visits, self.rated = self.spans.since(visits), self.spans.since(rated)
        self.rate_mean, self.rate_spread = self._rate_to_come(self.spans, visits, rated, self.rate_offsets)
        flat = [values.ravel() for values in (self.rated, self.visits, self.rate_mean, self.rate_spread)]
        self.rate_honest = honest(*flat).reshape(*self.visits.shape, -1)

    def weigh(self) -> Evidence:
        """The evidence of every pattern for every clerk."""
        parts: dict[str, list[tuple[float, Array]]] = {}
        cells = cells_of(self.table, self.delays, self.gaps, self.pace)
        for code, weight, value in zip(cells.codes, cells.weights, self._cells(cells), strict=True):
            parts.setdefault(code, []).append((weight, value))
        for (code, *_), value in zip(_DOSED, self._dosed(), strict=True):
            parts[code] = [(1.0, value)]
        nobody, closed, inside = self._strays()
        parts["closed"] = [(1.0, closed)]
        parts["nobody"] = [(0.3, nobody), (0.3, inside), (0.4, closed + inside)]
        parts["short"] = [(1.0, value) for value in self._short()]
        parts["robot"] = [(1.0, self._robot())]
        parts["no_bad"] = [(1.0, self._no_bad())]
        parts["rate"] = [(1.0, self._rate())]
        weighed = {code: self._over_starts(code, values) for code, values in parts.items()}
        by_pattern = {pattern.code: weighed[pattern.code][0] for pattern in PATTERNS}
        total = log_mean(np.stack(list(by_pattern.values()), axis=-1), np.array([WEIGHT[code] for code in by_pattern]))
        watches = {code: weighed[code][0] for code in WATCHES}
        return Evidence(total, by_pattern, {code: best for code, (_, best) in weighed.items()}, watches)

    def _over_starts(self, code: str, values: Sequence[tuple[float, Array]]) -> tuple[Array, Array]:
        """Evidence by clerk, and the block from which it is strongest."""
        weights = np.array([weight for weight, _ in values])
        by_start = log_mean(np.stack([value for _, value in values], axis=-1), weights / weights.sum())
        spans = self.fine if code == "rate" else self.spans
        starts = np.full(len(spans.starts), 1 / len(spans.starts))
        if code in LASTS:  # what a good fortnight brings about must last to count
            days = (spans.columns - spans.starts) * (BLOCK_DAYS // spans.per_block)
            lasting = np.square(np.minimum(days / LASTING_DAYS, 1.0))
            starts = lasting / max(lasting.sum(), len(lasting) / 4)
        nearly = by_start >= by_start.max(1, keepdims=True) - EARLIER
        return log_mean(by_start, starts), (spans.starts // spans.per_block)[nearly.argmax(1)]

    # what is normal for a clerk

    def _rate_to_come(
        self, spans: Spans, visits: Array, rated: Array, offsets: Array, moves: float = 0.0
    ) -> tuple[Array, Array]:
        """Each clerk's rating rate from each start on: log odds and spread, with the hall's own ups and downs.

        `moves`: a clerk's rate is taken to move at least so far from block to block, log odds.
        """
        n = spans.before(visits)
        near, far = self.rate_drift
        mean, spread = self._own(rated, visits, self.rate, (max(near, moves), far), spans)
        now = spans.since(visits * offsets) / np.maximum(spans.since(visits), 1)
        past = spans.before(visits * offsets) / np.maximum(n, 1)
        return mean + now - past * n / (n + 50.0), spread

    @staticmethod
    def _own(k: Array, n: Array, level: Level, drift: tuple[float, float], spans: Spans) -> tuple[Array, Array]:
        near, far = drift
        worked = (n > 0) / spans.per_block
        steps = 1 / np.maximum(spans.before(worked), 1) + 1 / np.maximum(spans.since(worked), 1)
        return baseline.own_level(spans.before(k), spans.before(n), level, np.sqrt(near * near * steps + far * far))

    def _elsewhere(self, k: Array, top: Array) -> tuple[Array, Array]:
        """The top share of a clerk's presses without these, whenever made: log odds and spread."""
        n = np.maximum(self.table[:, :, Count.RATED].sum(1)[:, None] - k, 0)
        tops = np.clip(self.table[:, :, Count.RATED_TOP].sum(1)[:, None] - top, 0, n)
        return baseline.own_level(tops, n, self.quality, 0.0)

    # the kinds of evidence

    def _cells(self, cells: Cells) -> Array:
        """[cell, clerk, start]: more presses in the cell, more of them top, more visits rated."""
        tries = np.maximum(cells.tries, cells.k)  # several presses on one visit are more than there are ratings
        k, top, n = (self.spans.since(table) for table in (cells.k, cells.top, tries))
        level = baseline.hall_level(cells.k.sum(-1), tries.sum(-1), cells.prior)
        mean, spread = self._own(cells.k, tries, level, (CELL_DRIFT, 0.0), self.spans)
        adds = np.broadcast_to(cells.adds[:, None, None], k.shape)
        quality, quality_spread = self._elsewhere(np.where(adds, k, 0), np.where(adds, top, 0))
        usual = Prior(float(self.quality.share), 30, CELL_SPREAD)
        among = baseline.hall_level(cells.top.sum(-1), cells.k.sum(-1), usual, rare=True)
        quality = quality + (logit(among.share) - logit(self.quality.share))[:, None, None]
        share, tops = expit(mean), expit(quality)
        more = (k - n * share) / np.sqrt(n * share * (1 - share) + 1)
        better = (top - k * tops) / np.sqrt(k * tops * (1 - tops) + 0.5)
        rows = (k >= SPARSE) & (n > 0) & (more + better > WORTH)
        result = np.full(k.shape, FLOOR)
        if not rows.any():
            return result
        cell, clerk, start = np.nonzero(rows)
        k, top, n, mean, spread = k[rows], top[rows], n[rows], mean[rows], spread[rows]
        comp0, comp = composition(top, k, quality[rows], np.hypot(quality_spread[rows], CELL_SPREAD), FAKE)
        more = mean[:, None] - np.log1p(-FAKE)
        share = log_logit_normal(k[:, None], n[:, None], more, spread[:, None])
        rate = self.rate_honest[clerk, start]
        null = honest(k, n, mean, spread)
        added = np.logaddexp(
            np.log(ADDED) + self._rate_moved(clerk, start, FAKE * expit(more)), np.log(1 - ADDED) + rate[:, :1]
        )
        adding = adds[rows][:, None]
        null = log_mean(null + np.where(adding, rate, 0.0), TAIL_WEIGHT)
        # Some honest clerks have a way that fills a cell; it does not make the presses in it better.
        habit = log_logit_normal(k, n, mean, spread * HABIT_SPREAD) + np.where(adding, rate, 0.0)[:, 0]
        null = np.logaddexp(null + np.log1p(-cells.habit[cell]), habit + np.log(cells.habit[cell]))
        result[rows] = log_average(share + np.where(adding, added, 0.0) + comp) - null - comp0
        return result

    def _rate_moved(self, clerk: Array, start: Array, pressed: Array) -> Array:
        """Log P(rated of visits) with these shares of all presses added by the clerk."""
        p = expit(self.rate_mean[clerk, start])[:, None]
        moved = np.minimum(p / (1 - pressed), 1 - 0.15 * (1 - p))
        rated, visits, spread = (table[clerk, start][:, None] for table in (self.rated, self.visits, self.rate_spread))
        return log_logit_normal(rated, visits, logit(moved), spread)

    def _rate(self) -> Array:
        """More visits rated, and the ones added all top; the starts are closer than elsewhere."""
        spans = self.fine
        visits, rated, top = (self.daily[:, :, c] for c in (Count.VISITS, Count.RATED, Count.RATED_TOP))
        offsets = np.repeat(self.rate_offsets, BLOCK_DAYS)[: spans.columns]
        mean, spread = self._rate_to_come(spans, visits, rated, offsets, RATE_MOVES)
        quality, quality_spread = self._own(top, rated, self.quality, self.quality_drift, spans)
        n, k, tops = spans.since(visits), spans.since(rated), spans.since(top)
        rows = (n >= FEW) & (k > n * expit(mean))
        result = np.full(mean.shape, FLOOR)
        if rows.any():
            n, k, mean, spread = n[rows], k[rows], mean[rows], spread[rows]
            days = spans.before((visits > 0) * 1.0)[rows]
            off = np.where(days > 0, ODD_DAY / np.maximum(days, 1.0), 0.0)
            odd = np.log(ODD) + log_logit_normal(k, n, mean, np.hypot(spread, off))
            p = expit(mean)[:, None]
            fake = (1 - p) * TAKEN / (p + (1 - p) * TAKEN)
            comp0, comp = composition(tops[rows], k, quality[rows], quality_spread[rows], fake)
            null = np.logaddexp(np.log1p(-ODD) + log_mean(honest(k, n, mean, spread), RATE_TAILS), odd)
            result[rows] = log_average(raised_share(k, n, mean, spread, TAKEN) + comp) - null - comp0
        return result

    def _no_bad(self) -> Array:
        """Ratings below top vanish while as many visits are rated."""
        rated, top = self.table[:, :, Count.RATED], self.table[:, :, Count.RATED_TOP]
        quality, spread = self._own(top, rated, self.quality, self.quality_drift, self.spans)
        return _dosed_shares(self.spans.since(top), self.rated, quality, spread, np.array([0.3, 0.6, 0.9]), FEW)

    def _dosed(self) -> Array:
        """[code, clerk, start]: shares that a dose of misdeeds raises, nothing else known."""
        all_k = np.stack([self.table[:, :, k] for _, k, *_ in _DOSED])
        all_n = np.stack([self.table[:, :, n] for _, _, n, *_ in _DOSED])
        share, tries, spread = np.array([row[3:6] for row in _DOSED]).T
        level = baseline.hall_level(all_k.sum(-1), all_n.sum(-1), Prior(share, tries, spread))
        mean, wide = self._own(all_k, all_n, level, (CELL_DRIFT, 0.0), self.spans)
        doses = np.array([row[6] for row in _DOSED])[:, None, None, :]
        return _dosed_shares(self.spans.since(all_k), self.spans.since(all_n), mean, wide, doses, SPARSE)

    def _short(self) -> Array:
        """[kind, clerk, start]: visits called at once and served in no time; nearly all of them rated top."""
        all_k, all_top = (np.stack([self.table[:, :, c] for c in pair]) for pair in _SHORT)
        visits = np.broadcast_to(self.table[:, :, Count.VISITS], all_k.shape)
        prior = Prior(np.array([0.003, 0.001, 0.0004]), 500, 0.8)
        level = baseline.hall_level(all_k.sum(-1), visits.sum(-1), prior)
        mean, spread = self._own(all_k, visits, level, (CELL_DRIFT, 0.0), self.spans)
        now, tops, tries = (self.spans.since(table) for table in (all_k, all_top, visits))
        rows = (now >= SPARSE) & (now > tries * expit(mean))
        result = np.full(now.shape, FLOOR)
        if rows.any():
            quality, quality_spread = self._elsewhere(0 * self.rated, 0 * self.rated)
            _, clerk, start = np.nonzero(rows)
            rated_top = expit(quality[clerk, start]) * expit(self.rate_mean[clerk, start])
            k, n, mean, spread = now[rows], tries[rows], mean[rows], spread[rows]
            comp0, comp = composition(
                tops[rows], k, logit(rated_top), np.hypot(quality_spread[clerk, start], 0.35), FAKE
            )
            more = log_logit_normal(k[:, None], n[:, None], mean[:, None] - np.log1p(-FAKE), spread[:, None])
            result[rows] = log_average(more + comp) - log_mean(honest(k, n, mean, spread), TAIL_WEIGHT) - comp0
        return result

    def _strays(self) -> Array:
        """[nobody, closed, inside a visit or without one]: bouts of presses that no rating explains; all of them top.

        How often they come is told by bouts, since one child makes several presses; what they say by the presses.
        """
        k = self.table[:, :, list(_STRAYS)].transpose(2, 0, 1)
        top = self.table[:, :, [count + 1 for count in _STRAYS]].transpose(2, 0, 1)
        share = baseline.hall_level(top.sum((0, 2)), k.sum((0, 2)), Prior(0.35, 10, 0.5), rare=True).share
        all_k, all_top, bouts = (
            _with_inside(each) for each in (k, top, self.table[:, :, list(_BOUTS)].transpose(2, 0, 1))
        )
        days = np.broadcast_to(self.table[:, :, Count.DAYS], all_k.shape)
        level = baseline.hall_level(
            bouts.sum(-1), days.sum(-1), Prior(np.array([0.1, 0.05, 0.2]), 20, 1.0), floor=0.003
        )
        among = baseline.hall_level(all_top.sum(-1), all_k.sum(-1), Prior(float(share), 10, 0.5), rare=True)
        now, tops, times, tries = (self.spans.since(table) for table in (all_k, all_top, bouts, days))
        rows = (now >= SPARSE) & (tops * 2 > now)
        result = np.full(now.shape, FLOOR)
        if rows.any():
            kind = np.nonzero(rows)[0]
            own = ((1 + self.spans.before(bouts)) / (1 / level.share[:, None, None] + self.spans.before(days)))[rows]
            n, t = times[rows], tries[rows]
            usual = [log_gamma_poisson(n, t, own * often, 1.0) for often in (1.0, 4.0, 15.0)]
            null = log_mean(np.stack(usual, axis=-1), np.array([0.93, 0.065, 0.005]))
            worst, day = self._most_on_a_day()[rows], np.ones_like(t)
            odd = log_gamma_poisson(n - worst, np.maximum(t - day, 0.05), own, 1.0)
            odd = odd + log_gamma_poisson(worst, day, own + ODD_BOUTS, 1.0)
            null = np.logaddexp(null + np.log1p(-ODD), odd + np.log(ODD))
            dosed = np.stack([log_gamma_poisson(n, t, own + dose, 2.0) for dose in DOSE], axis=-1)
            fake = DOSE / (own[:, None] + DOSE)
            comp0, comp = composition(tops[rows], now[rows], logit(among.share)[kind], among.spread[kind], fake)
            result[rows] = log_average(dosed + comp) - null - comp0
        return result

    def _most_on_a_day(self) -> Array:
        """[nobody, closed, inside]: the most bouts of one day from each start on."""
        bouts = _with_inside(self.daily[:, :, list(_BOUTS)].transpose(2, 0, 1))
        most = np.maximum.accumulate(bouts[..., ::-1], axis=-1)[..., ::-1]
        result: Array = most[..., self.spans.starts * BLOCK_DAYS]
        return result

    def _robot(self) -> Array:
        """A narrow peak among a clerk's delays."""
        total = np.cumsum(self.ticks[:, ::-1], axis=1)[:, self.spans.columns - 1 - self.spans.starts]
        k, top = _sliding(total[..., 0], PEAK_TICKS), _sliding(total[..., 1], PEAK_TICKS)
        around = (_sliding(total[..., 0], AROUND_TICKS) - k) / (AROUND_TICKS - PEAK_TICKS) * PEAK_TICKS + 0.3
        # Where all clerks' delays peak (a polled line, a slow device), a peak is nobody's rhythm.
        ratio = (k.sum(0) - k + 20) / (around.sum(0) - around + 20)
        presses = total[..., 0].sum(-1)
        hall = around.sum(0) * (presses / np.maximum(presses.sum(0), 1))[..., None]
        expected = np.maximum(around * np.maximum(ratio, 1.0), 0.9 * hall)
        rows = (k >= 6) & (k > 1.7 * expected)
        result = np.full(k.shape[:2], FLOOR)
        if not rows.any():
            return result
        kk, ee, tt = k[rows], expected[rows], top[rows]
        clerk, start, _ = np.nonzero(rows)
        one = np.ones_like(kk)
        usual = [log_gamma_poisson(kk, one, ee, 60.0), log_gamma_poisson(kk, one, ee * 1.5, 8.0)]
        null = log_mean(np.stack(usual, axis=-1), np.array([0.99, 0.01]))
        fake = np.array([0.35, 0.5, 0.65, 0.8, 0.95])
        other = np.stack([log_gamma_poisson(kk, one, ee / (1 - f), 20.0) for f in fake], axis=-1)
        quality, spread = (table[0] for table in self._peak_quality(clerk, kk, tt))
        comp0, comp = composition(tt, kk, quality, np.hypot(spread, CELL_SPREAD), fake)
        likelier = np.exp(np.minimum(log_average(other + comp) - null - comp0, 600.0))
        summed = np.zeros(result.shape)
        np.add.at(summed, (clerk, start), likelier / PEAKS)
        return np.where(summed > 0, np.log(np.maximum(summed, 1e-9)), result)

    def _peak_quality(self, clerk: Array, k: Array, top: Array) -> tuple[Array, Array]:
        n = np.maximum(self.table[:, :, Count.RATED].sum(1)[clerk] - k, 0)
        tops = np.clip(self.table[:, :, Count.RATED_TOP].sum(1)[clerk] - top, 0, n)
        return baseline.own_level(tops[None], n[None], self.quality, 0.0)


_SHORT: Final = (
    (Count.SHORT, Count.INSTANT, Count.ABSURD),
    (Count.SHORT_TOP, Count.INSTANT_TOP, Count.ABSURD_TOP),
)


def _dosed_shares(k: Array, n: Array, mean: Array, spread: Array, doses: Array, least: int) -> Array:
    """Evidence that a dose of what would not be counted was added to k of n."""
    enough = n if least == FEW else k
    rows = (enough >= least) & (k > n * expit(mean))
    result = np.full(k.shape, FLOOR)
    if rows.any():
        each = np.broadcast_to(doses, (*k.shape, doses.shape[-1]))[rows]
        k, n, mean, spread = k[rows], n[rows], mean[rows], spread[rows]
        null = log_mean(honest(k, n, mean, spread), TAIL_WEIGHT)
        result[rows] = log_average(raised_share(k, n, mean, spread, each)) - null
    return result


def _with_inside(counts: Array) -> Array:
    """[nobody, closed, during] → [nobody, closed, nobody or during]."""
    result: Array = np.stack([counts[0], counts[1], counts[0] + counts[2]])
    return result


def _sliding(counts: Array, width: int) -> Array:
    """Sums over `width` ticks around each tick."""
    before = width // 2
    total = np.zeros((*counts.shape[:-1], TICKS + width))
    np.cumsum(counts, axis=-1, out=total[..., before + 1 : before + 1 + TICKS])
    total[..., before + 1 + TICKS :] = total[..., before + TICKS, None]
    result: Array = total[..., width:] - total[..., :TICKS]
    return result
