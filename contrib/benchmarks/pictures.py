"""Small SVG pictures, by hand: panels in a row, each with axes, lines or bars."""
import html
import math

COLOURS = ["#0b63ce", "#d9541e", "#2c8f3c", "#8a45b5", "#b8860b", "#c2185b", "#546e7a", "#00838f"]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460, 300, 58, 14, 34, 46


def text(x, y, words, anchor="start", size=11, extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {extra}>{html.escape(words)}</text>'


def number(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"


class Axis:
    """Maps values to a range of the picture; logarithmic or from zero."""

    def __init__(self, low, high, start, end, logarithmic):
        self.logarithmic = logarithmic
        self.low, self.high = (math.log10(low), math.log10(high)) if logarithmic else (0, high * 1.05)
        self.start, self.end = start, end

    def place(self, value):
        value = math.log10(value) if self.logarithmic else value
        part = (value - self.low) / ((self.high - self.low) or 1)
        return self.start + min(max(part, 0), 1) * (self.end - self.start)

    def ticks(self):
        if self.logarithmic:
            steps = (1,) if self.high - self.low > 3 else (1, 2, 5)
            for power in range(math.floor(self.low), math.ceil(self.high) + 1):
                for step in steps:
                    if self.low - 1e-9 <= math.log10(step) + power <= self.high + 1e-9:
                        yield step * 10.0**power
        else:
            step = 10 ** math.floor(math.log10(self.high / 2))
            step *= next(factor for factor in (1, 2, 5, 10) if self.high / (step * factor) <= 6)
            value = 0
            while value <= self.high:
                yield value
                value += step


def frame(title, across, up, across_name, up_name):
    parts = [text(LEFT, 18, title, size=13, extra='font-weight="600"')]
    for value in across.ticks():
        x = across.place(value)
        parts.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" class="grid"/>')
        parts.append(text(x, HEIGHT - BOTTOM + 14, number(value), "middle"))
    for value in up.ticks():
        y = up.place(value)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" class="grid"/>')
        parts.append(text(LEFT - 5, y + 4, number(value), "end"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, across_name, "middle"))
    y = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(text(13, y, up_name, "middle", extra=f'transform="rotate(-90 13 {y:.0f})"'))
    return parts


def legend(names, x, y):
    parts = []
    for index, (name, colour) in enumerate(names):
        at = y + 15 * index
        parts.append(f'<rect x="{x - 14:.0f}" y="{at - 8:.0f}" width="9" height="9" fill="{colour}"/>')
        parts.append(text(x, at, name, extra='class="name"'))
    return parts


def lines(title, series, across_name, up_name, log_across=True, log_up=False, marks=True, high=None, corner="left"):
    """series: [(name, [(x, y)...])]; what is named alike in two panels has one colour by its place in the list."""
    xs = [x for _, points in series for x, _ in points]
    ys = [y for _, points in series for _, y in points]
    across = Axis(min(xs), max(xs), LEFT, WIDTH - RIGHT, log_across)
    up = Axis(min(ys), high or max(ys), HEIGHT - BOTTOM, TOP, log_up)
    parts = frame(title, across, up, across_name, up_name)
    for index, (_, points) in enumerate(series):
        colour = COLOURS[index % len(COLOURS)]
        places = [(across.place(x), up.place(y)) for x, y in points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if marks:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
    names = [(name, COLOURS[index % len(COLOURS)]) for index, (name, _) in enumerate(series)]
    if corner == "left":
        return parts + legend(names, LEFT + 24, TOP + 16)
    return parts + legend(names, WIDTH - RIGHT - 120, HEIGHT - BOTTOM - 15 * len(names) + 4)


def distribution(title, series, unit):
    """Which part of the measurements was at most so long. series: [(name, values)]"""
    curves = []
    for name, values in series:
        values = sorted(values)
        steps = min(60, len(values))
        places = [(values[round(i * (len(values) - 1) / (steps - 1))], 100 * i / (steps - 1)) for i in range(steps)]
        curves.append((name, places))
    return lines(title, curves, unit, "% at most so long", marks=False, high=100 / 1.05, corner="right")


def bars(title, groups, unit):
    """groups: [(name, [(member, value)...])]; members keep their colour in all groups."""
    members = list(dict.fromkeys(member for _, row in groups for member, _ in row))
    colours = {member: COLOURS[index % len(COLOURS)] for index, member in enumerate(members)}
    across = Axis(0, max(value for _, row in groups for _, value in row), LEFT + 20, WIDTH - RIGHT - 40, False)
    parts = [text(LEFT, 18, f"{title}, {unit}", size=13, extra='font-weight="600"')]
    count = sum(len(row) for _, row in groups) + len(groups)
    high = (HEIGHT - TOP - 6) / count
    y = float(TOP)
    for name, row in groups:
        parts.append(text(LEFT + 14, y + high * len(row) / 2 + 4, name, "end"))
        for member, value in row:
            wide = across.place(value) - across.start
            parts.append(f'<rect x="{across.start}" y="{y:.1f}" width="{wide:.1f}" height="{high - 2:.1f}" '
                         f'fill="{colours[member]}"/>')
            parts.append(text(across.start + wide + 4, y + high / 2 + 3, f"{member}  {number(value)}", size=10,
                              extra='class="name"'))
            y += high
        y += high
    return parts


def picture(path, panels):
    """Panels beside each other."""
    wide = WIDTH * len(panels)
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {HEIGHT}" width="{wide}" height="{HEIGHT}" '
            'font-family="system-ui, sans-serif" fill="#222"><style>.grid{stroke:#ddd;stroke-width:1}'
            '.name{paint-order:stroke;stroke:#fff;stroke-width:3px}</style>'
            f'<rect width="{wide}" height="{HEIGHT}" fill="#fff"/>')
    body = [f'<g transform="translate({WIDTH * index} 0)">' + "".join(panel) + "</g>"
            for index, panel in enumerate(panels)]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([head, *body, "</svg>"]) + "\n")
