"""What the tests of all SDKs share."""

import pytest

from gateway import UPSTREAMS, take_asked


@pytest.fixture(params=UPSTREAMS)
def upstream(request: pytest.FixtureRequest) -> str:
    """Every test that names it runs once for each format of an upstream."""
    take_asked()
    return request.param


class Naps(list[float]):
    """The seconds that an SDK would have slept between its attempts."""

    def nap(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> Naps:
    """Between attempts nobody sleeps; how long it would have been is kept."""
    naps = Naps()
    monkeypatch.setattr('time.sleep', naps.nap)
    return naps
