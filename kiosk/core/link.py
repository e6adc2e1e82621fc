"""Whether central counts as reachable, with hysteresis: what calls come to moves it, not one call alone.

    unknown --any call--> online or offline
    online  --a visitor's check failed, or 2 probes in a row--> offline
    offline --good calls in a row: 2, and 2 more for each time it was lost of late--> online

Pure: heard(link, ...) -> link.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class LinkRules:
    """offline_after: failed probes in a row; online_after, most_online_after: good calls in a row; times in seconds.

    calm_s: a link that has held for so long has no past; probe_s: between two probes of a link that is well, also the
    longest pause between two of one that is not; doubt_s: between two while it is not clear how it stands.
    """

    offline_after: int = 2
    online_after: int = 2
    most_online_after: int = 10
    calm_s: float = 600.0
    probe_s: float = 15.0
    doubt_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Link:
    """online: None before the first call. Times are monotonic seconds.

    against: calls in a row, up to the last one, that spoke against `online`; failures: calls in a row that failed;
    lapses: how often it was lost without a calm time in between.
    """

    online: bool | None = None
    changed_at: float = 0.0
    against: int = 0
    failures: int = 0
    lapses: int = 0

    @property
    def recovering(self) -> bool:
        """Offline, and the last call was answered: the next one probably is, too."""
        return self.online is False and self.against > 0


def heard(link: Link, at: float, rules: LinkRules, *, answered: bool, visitor: bool) -> Link:
    """A call has ended. visitor: somebody waited for it; nobody shall wait for the same trouble again."""
    failures = 0 if answered else link.failures + 1
    link = replace(link, failures=failures)
    if link.online is None:
        return replace(link, online=answered, changed_at=at)
    if answered is link.online:
        calm = link.online and at - link.changed_at >= rules.calm_s
        return replace(link, against=0, lapses=0 if calm else link.lapses)
    link = replace(link, against=link.against + 1)
    if link.online and (visitor or link.against >= rules.offline_after):
        lapses = 1 if at - link.changed_at >= rules.calm_s else link.lapses + 1
        return replace(link, online=False, changed_at=at, against=0, lapses=lapses)
    if not link.online and link.against >= _needed(link, rules):
        return replace(link, online=True, changed_at=at, against=0)
    return link


def probe_pause_s(link: Link, rules: LinkRules) -> float:
    """After how many seconds to try central again when nobody asks for anything."""
    if link.online is None:
        return 0.0
    if link.against or (not link.online and link.failures <= 1):
        return rules.doubt_s
    if link.online:
        return rules.probe_s
    return min(rules.probe_s, rules.doubt_s * 2.0 ** min(link.failures - 1, 16))


def _needed(link: Link, rules: LinkRules) -> int:
    """Each further lapse asks for more before the link is believed again."""
    return min(rules.most_online_after, rules.online_after * max(1, link.lapses))
