"""What the checks of lesson 0 say, in German. Each row has as many `{}` as its English sentence; `{0}`, `{1}` put them in another order.

Lesson: 00_start_here.ipynb
"""

GERMAN = {
    # start_here
    "Exercise {}: still open. Write your answer over the stub and run its cell again.": "Übung {}: noch offen. Schreibe deine Antwort "
    "über den Rumpf und führe seine Zelle noch einmal aus.",
    "This is a {}, not a group. Keep what lab.generate(...) returns: trio = lab.generate(...).": "Das ist ein {}, keine Gruppe. Behalte, "
    "was lab.generate(...) zurückgibt: trio = lab.generate(...).",
    "This group has {}: {}. A trio takes three texts in the list, one a stem.": "Diese Gruppe hat {}: {}. Ein Trio braucht drei Texte in "
    "der Liste, einen für jede Stimme.",
    "The tempo is {}, not 92. Words in the prompt do not set it: pass bpm=92.": "Das Tempo ist {}, nicht 92. Worte im Prompt stellen es "
    "nicht ein: Übergib bpm=92.",
    'The key is {}, not D major. Words in the prompt do not set it: pass key="D major".': "Die Tonart ist {}, nicht D-Dur. Worte im "
    'Prompt stellen sie nicht ein: Übergib key="D major".',
    "left open": "offen gelassen",
    "There are {} bars, not 2. Without bars= a group gets 4: pass bars=2.": "Es sind {} Takte, nicht 2. Ohne bars= bekommt eine Gruppe 4: "
    "Übergib bars=2.",
    "[ok] {}: 2 bars of 4 beats at 92 bpm are 2 * 4 * 60 / 92 = {} s.": "[ok] {}: 2 Takte mit 4 Schlägen bei Tempo 92 sind "
    "2 * 4 * 60 / 92 = {} s.",
    "It stopped with KeyError {}: a stem of `before` may be missing in `after`. Ask first: `name in after.names`.": "Es brach ab mit "
    "KeyError {}: Eine Stimme aus `before` kann in `after` fehlen. Frage zuerst: `name in after.names`.",
    "It returned {}. Return a list of names, such as ['drums', 'bass'].": "Es gab {} zurück. Gib eine Liste von Namen zurück, wie "
    "['drums', 'bass'].",
    "It lists 'keys', where one sample of 64 moved by 0.000001. Nearly the same is not the same: compare with np.array_equal, not "
    "np.allclose, and not by name alone.": "Es nennt 'keys', wo sich einer von 64 Abtastwerten um 0,000001 bewegt hat. Fast dasselbe ist "
    "nicht dasselbe: Vergleiche mit np.array_equal, nicht mit np.allclose, und nicht allein nach dem Namen.",
    "It lists 'strings', which have the same samples in another order: level, peak and sum are the same, the sound is not. Compare sample "
    "by sample.": "Es nennt 'strings', die dieselben Abtastwerte in anderer Reihenfolge haben: Pegel, Spitze und Summe sind gleich, der "
    "Klang ist es nicht. Vergleiche Wert für Wert.",
    "It lists 'guitar', which `before` does not have.": "Es nennt 'guitar', die es in `before` nicht gibt.",
    "It lists 'lead', which `after` does not have.": "Es nennt 'lead', das es in `after` nicht gibt.",
    "It found {}, yet drums and bass are both in `after` with the same samples, at other places in the list. Pair stems by name, "
    "after[name], not by position.": "Es fand {}; dabei stehen drums und bass beide mit denselben Abtastwerten in `after`, an anderen Stellen "
    "der Liste. Ordne die Stimmen nach dem Namen zu, after[name], nicht nach der Stelle.",
    "It found {}. List each name once, in the order of `before`: ['drums', 'bass'].": "Es fand {}. Nenne jeden Namen einmal, in der "
    "Reihenfolge von `before`: ['drums', 'bass'].",
    "[ok] Found by name, compared bit for bit, and a missing stem did no harm.": "[ok] Nach dem Namen gefunden, Bit für Bit verglichen, und "
    "eine fehlende Stimme hat nicht geschadet.",
    # the bug
    "Exercise {} is still open: name one suspect, such as {}.": "Übung {} ist noch offen: Nenne einen Verdächtigen, wie {}.",
    "The suspects are {}; this is {}.": "Die Verdächtigen sind {}; das ist {}.",
    "Not {}. {}": "Nicht {}. {}",
    "[ok] {}. {}": "[ok] {}. {}",
    "Another seed would be another piece, whose peaks lie where they like. Four peaks of exactly 1 are no chance.": "Ein anderer Startwert "
    "wäre ein anderes Stück, dessen Spitzen liegen, wo sie wollen. Vier Spitzen von genau 1 sind kein Zufall.",
    "One gain would move all four levels by the same number of dB, and keep the balance. Drums went up by 2, strings by 18.": "Eine "
    "Verstärkung würde alle vier Pegel um dieselbe Zahl von dB verschieben und ihr Verhältnis erhalten. Das Schlagzeug stieg um 2, die "
    "Streicher um 18.",
    "Exchanged names would exchange two bars of the picture. Here *every* stem is louder than before.": "Vertauschte Namen würden zwei "
    "Balken des Bildes vertauschen. Hier ist *jede* Stimme lauter als vorher.",
    "If the strings alone were new, the others would have kept their levels. Every one of them moved.": "Wären nur die Streicher neu, hätten "
    "die anderen ihren Pegel behalten. Jeder von ihnen hat sich bewegt.",
    "Every peak is 1: each stem was turned up by itself, so the softest got the most. Balance is part of the music, and it is gone; one gain "
    "for all would have kept it.": "Jede Spitze ist 1: Jede Stimme wurde für sich aufgedreht, und die leiseste am meisten. Das Verhältnis der "
    "Stimmen ist ein Teil der Musik, und es ist verloren; eine Verstärkung für alle hätte es erhalten.",
    # predictions
    "Your prediction is still open ({}): a range, such as (0.2, 0.5), that you are 80 % sure of.": "Deine Vorhersage ist noch offen ({}): ein "
    "Bereich, wie (0.2, 0.5), dessen du dir zu 80 % sicher bist.",
    "A prediction is two numbers, the lowest and the highest that you think likely; this is {}.": "Eine Vorhersage besteht aus zwei Zahlen, der "
    "kleinsten und der größten, die du für wahrscheinlich hältst; das ist {}.",
    "The range ({}, {}) is empty: the lower number comes first.": "Der Bereich ({}, {}) ist leer: Die kleinere Zahl kommt zuerst.",
    "You answered this once: ({}, {}). That one counts.": "Das hast du schon beantwortet: ({}, {}). Diese Antwort zählt.",
    "{}: it is {} {}, you said {} to {}.": "{}: Es ist {} {}, du sagtest {} bis {}.",
    "{}: it is {}, you said {} to {}.": "{}: Es ist {}, du sagtest {} bis {}.",  # of what has no unit
    "[ok] inside": "[ok] darin",
    "[out]": "[außerhalb]",
    "Score {} (the width, and ten times what you missed by; lower is better).": "Wertung {} (die Breite, und das Zehnfache dessen, um was du "
    "danebenlagst; weniger ist besser).",
}
