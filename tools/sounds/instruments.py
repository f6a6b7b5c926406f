"""General MIDI's 128 instruments and 47 drums: names, families, ranges, and which are held out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

FAMILIES = (
    "piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass",
    "reed", "pipe", "synth lead", "synth pad", "synth effect", "ethnic instrument", "percussion",
    "sound effect",
)  # fmt: skip
"""Eight programs each, in the order of General MIDI."""

_PROGRAMS = """
acoustic grand piano = piano | bright acoustic piano = piano | electric grand piano = electric piano
honky-tonk piano = piano | electric piano | chorused electric piano = electric piano | harpsichord
clavinet | celesta | glockenspiel | music box | vibraphone | marimba | xylophone
tubular bells = bells | dulcimer | drawbar organ = organ | percussive organ = organ
rock organ = organ | church organ = organ | reed organ = organ | accordion | harmonica
tango accordion = accordion | nylon string guitar = acoustic guitar, guitar
steel string guitar = acoustic guitar, guitar | jazz guitar = electric guitar, guitar
clean electric guitar = electric guitar, guitar | muted electric guitar = electric guitar, guitar
overdriven guitar = electric guitar, guitar | distortion guitar = electric guitar, guitar
guitar harmonics = guitar | acoustic bass = double bass | fingered electric bass = bass guitar
picked electric bass = bass guitar | fretless bass = bass guitar | slap bass = bass guitar
popped slap bass = bass guitar | synth bass | rubber synth bass = synth bass | violin | viola
cello | double bass | tremolo strings = strings | pizzicato strings = strings | harp | timpani
string ensemble = strings | slow string ensemble = strings | synth strings = strings
slow synth strings = strings | choir | voice = singing voice | synth voice | orchestra hit
trumpet | trombone | tuba | muted trumpet = trumpet | french horn | brass section = brass
synth brass = brass | soft synth brass = brass | soprano saxophone = saxophone
alto saxophone = saxophone | tenor saxophone = saxophone | baritone saxophone = saxophone | oboe
english horn | bassoon | clarinet | piccolo | flute | recorder | pan flute | blown bottle
shakuhachi | whistle | ocarina | square wave synthesizer = synthesizer
sawtooth synthesizer = synthesizer | calliope synthesizer | chiffer synthesizer = synthesizer
charang synthesizer = synthesizer | voice synthesizer = synthesizer
fifths synthesizer = synthesizer | bass and lead synthesizer = synthesizer
new age pad = synthesizer | warm pad = synthesizer | polysynth pad = synthesizer
choir pad = synthesizer | bowed pad = synthesizer | metallic pad = synthesizer
halo pad = synthesizer | sweep pad = synthesizer | rain effect = synthesizer
soundtrack effect = synthesizer | crystal effect = synthesizer | atmosphere effect = synthesizer
brightness effect = synthesizer | goblins effect = synthesizer | echoes effect = synthesizer
science fiction effect = synthesizer | sitar | banjo | shamisen | koto | kalimba
bagpipe = bagpipes | fiddle = violin | shanai | tinkle bell = bell | agogo
steel drums = steel drum | woodblock
taiko drum = drum | melodic tom = drum | synth drum = drum | reverse cymbal = cymbal
guitar fret noise | breath noise = breathing | seashore = waves on a beach | bird tweet = bird
telephone ring = telephone | helicopter | applause = clapping | gunshot
"""
DRUMS = (
    "acoustic bass drum", "bass drum", "side stick", "acoustic snare drum", "hand clap",
    "electric snare drum", "low floor tom", "closed hi-hat", "high floor tom", "pedal hi-hat",
    "low tom", "open hi-hat", "low-mid tom", "high-mid tom", "crash cymbal", "high tom",
    "ride cymbal", "chinese cymbal", "ride bell", "tambourine", "splash cymbal", "cowbell",
    "second crash cymbal", "vibraslap", "second ride cymbal", "high bongo", "low bongo",
    "muted conga", "high conga", "low conga", "high timbale", "low timbale", "high agogo",
    "low agogo", "cabasa", "maracas", "short whistle", "long whistle", "short guiro",
    "long guiro", "claves", "high woodblock", "low woodblock", "muted cuica", "open cuica",
    "muted triangle", "open triangle",
)  # fmt: skip
"""On the keys from 35 on."""
FIRST_DRUM = 35

NAMED = frozenset(
    [
        "acoustic grand piano", "electric piano", "harpsichord", "glockenspiel", "vibraphone",
        "marimba", "xylophone", "tubular bells", "accordion", "harmonica", "violin", "cello",
        "double bass", "harp", "pizzicato strings", "timpani", "choir", "trumpet", "trombone",
        "french horn", "clarinet", "flute", "whistle", "sitar", "banjo", "bagpipe", "fiddle",
        "steel drums", "telephone ring", "helicopter", "applause", "gunshot",
    ]
)  # fmt: skip
"""Those that a class of AudioSet is made for: never held out, since the class would know them."""

_RANGES = (
    (36, 96), (60, 96), (36, 84), (40, 84), (28, 55), (40, 88), (48, 80), (48, 84), (45, 80),
    (60, 92), (45, 84), (45, 84), (45, 84), (45, 84), (45, 84), (45, 84),
)  # fmt: skip
_OWN_RANGES = {
    32: (28, 55), 40: (55, 92), 41: (48, 84), 42: (36, 72), 43: (28, 55), 46: (36, 90),
    47: (36, 58), 56: (54, 82), 57: (40, 70), 58: (28, 55), 60: (41, 77), 67: (36, 68),
    68: (58, 88), 69: (52, 80), 70: (34, 70), 71: (50, 88), 72: (74, 100), 74: (67, 96),
    78: (65, 96),
}  # fmt: skip


@dataclass(frozen=True)
class Instrument:
    """One program of General MIDI."""

    program: int
    """0 to 127."""
    name: str
    also: tuple[str, ...]
    """What people call it, where they are less exact."""

    @property
    def family(self) -> str:
        """One of ``FAMILIES``."""
        return FAMILIES[self.program // 8]

    @property
    def keys(self) -> range:
        """MIDI numbers that it is played at; 60 is middle C."""
        low, high = _OWN_RANGES.get(self.program, _RANGES[self.program // 8])
        return range(low, high + 1)

    @property
    def split(self) -> str:
        """Of the instrument: one of each family is for tests, one for validation, by a hash."""
        first = self.program // 8 * 8
        names = {one.name for one in INSTRUMENTS[first : first + 8]} - NAMED
        return dict(zip(sorted(names, key=draw), ("test", "val"), strict=False)).get(
            self.name, "train"
        )

    @property
    def chords(self) -> bool:
        """Whether several notes of it sound at once in music."""
        return self.program < 32 or self.program in (46, *range(48, 53), *range(88, 104))


def draw(text: str) -> int:
    """A number that a text alone decides."""
    return int(hashlib.sha256(f"isthmus-orchestra/{text}".encode()).hexdigest()[:12], 16)


def held_out(key: int) -> bool:
    """Whether no training hears this pitch: one in five."""
    return key % 5 == 2


def _parsed() -> tuple[Instrument, ...]:
    found = [one.strip() for line in _PROGRAMS.strip().split("\n") for one in line.split("|")]
    parts = [one.partition(" = ") for one in found]
    return tuple(
        Instrument(number, name, tuple(filter(None, also.split(", "))))
        for number, (name, _, also) in enumerate(parts)
    )


INSTRUMENTS = _parsed()
