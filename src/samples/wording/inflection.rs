//! English endings: a verb's third person, gerund and participle, and a noun's plural.

/// A form that a template asks of a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// `gives`.
    Third,
    /// `giving`.
    Gerund,
    /// `given`.
    Participle,
    /// `give`; but `are` for `be`.
    Many,
}

/// Third person, gerund and participle of the verbs that the rules below get wrong.
const IRREGULAR: &str = "
be is being been | have has having had | do does doing done | go goes going gone | get gets getting got
give gives giving given | take takes taking taken | make makes making made | bring brings bringing brought
buy buys buying bought | sell sells selling sold | hold holds holding held | send sends sending sent
hit hits hitting hit | shoot shoots shooting shot | catch catches catching caught | keep keeps keeping kept
let lets letting let | lose loses losing lost | win wins winning won | pay pays paying paid
run runs running run | put puts putting put | cut cuts cutting cut | hurt hurts hurting hurt
cost costs costing cost | set sets setting set | eat eats eating eaten | steal steals stealing stolen
find finds finding found | feed feeds feeding fed | bite bites biting bitten | burn burns burning burnt
leave leaves leaving left | slip slips slipping slipped | grab grabs grabbing grabbed
nab nabs nabbing nabbed | bag bags bagging bagged | tap taps tapping tapped | bump bumps bumping bumped
step steps stepping stepped | stop stops stopping stopped | drop drops dropping dropped
shun shuns shunning shunned | skip skips skipping skipped | zap zaps zapping zapped
snag snags snagging snagged | rob robs robbing robbed | rip rips ripping ripped | kill kills killing killed
gun guns gunning gunned | plug plugs plugging plugged | tag tags tagging tagged | pop pops popping popped
ship ships shipping shipped | swap swaps swapping swapped | shove shoves shoving shoved
tug tugs tugging tugged | stun stuns stunning stunned | scrap scraps scrapping scrapped
dim dims dimming dimmed | slap slaps slapping slapped | stab stabs stabbing stabbed
sting stings stinging stung | drain drains draining drained | see sees seeing seen
flee flees fleeing fled | free frees freeing freed | quit quits quitting quit
beat beats beating beaten | blow blows blowing blown | break breaks breaking broken
fly flies flying flown | fall falls falling fallen | rise rises rising risen | sink sinks sinking sunk
come comes coming come | become becomes becoming become | throw throws throwing thrown
swallow swallows swallowing swallowed | snap snaps snapping snapped | scoop scoops scooping scooped
lie lies lying lain | die dies dying died | tie ties tying tied | say says saying said
meet meets meeting met | mean means meaning meant | refuel refuels refuelling refuelled
travel travels travelling travelled | fuel fuels fuelling fuelled | equip equips equipping equipped
spin spins spinning spun | sit sits sitting sat | stay stays staying stayed | ram rams ramming rammed
teleport teleports teleporting teleported | wreck wrecks wrecking wrecked | swat swats swatting swatted
shut shuts shutting shut | slit slits slitting slit | drag drags dragging dragged
hug hugs hugging hugged | rub rubs rubbing rubbed | trip trips tripping tripped | rid rids ridding rid
shed sheds shedding shed | dodge dodges dodging dodged | spend spends spending spent
chop chops chopping chopped | nudge nudges nudging nudged | slide slides sliding slid
stick sticks sticking stuck | strike strikes striking struck | seek seeks seeking sought
forget forgets forgetting forgotten | forfeit forfeits forfeiting forfeited | net nets netting netted
pocket pockets pocketing pocketed | earn earns earning earned | score scores scoring scored
target targets targeting targeted | offer offers offering offered | open opens opening opened
scram scrams scramming scrammed | slam slams slamming slammed | whip whips whipping whipped
wrap wraps wrapping wrapped | bar bars barring barred | sap saps sapping sapped | jab jabs jabbing jabbed
maim maims maiming maimed | clip clips clipping clipped | snub snubs snubbing snubbed
fling flings flinging flung | shrug shrugs shrugging shrugged | regret regrets regretting regretted
gut guts gutting gutted | bleed bleeds bleeding bled | tear tears tearing torn | prop props propping propped
shield shields shielding shielded | ebb ebbs ebbing ebbed | dip dips dipping dipped | top tops topping topped
blot blots blotting blotted | sup sups supping supped | spot spots spotting spotted | lug lugs lugging lugged
scud scuds scudding scudded | propel propels propelling propelled | ice ices icing iced | stagger staggers staggering staggered
";

/// A verb in another form.
pub(super) fn verb(base: &str, form: Form) -> String {
    if form == Form::Many {
        return if base == "be" { "are".into() } else { base.into() };
    }
    let mut entries = IRREGULAR.split(['|', '\n']).map(|entry| entry.split_whitespace());
    let irregular = entries.find_map(|mut forms| (forms.next() == Some(base)).then_some(forms));
    if let Some(mut forms) = irregular
        && let Some(found) = forms.nth(form as usize)
    {
        return found.into();
    }
    let vowel_before =
        |end: usize| base.len() > end && b"aeiou".contains(&base.as_bytes()[base.len() - end - 1]);
    match form {
        Form::Third => plural(base),
        Form::Gerund => match base.strip_suffix('e') {
            Some(stem) if !base.ends_with("ee") => format!("{stem}ing"),
            _ => format!("{base}ing"),
        },
        Form::Participle => match base.strip_suffix('y') {
            Some(stem) if !vowel_before(1) => format!("{stem}ied"),
            _ if base.ends_with('e') => format!("{base}d"),
            _ => format!("{base}ed"),
        },
        Form::Many => base.into(),
    }
}

/// A noun's plural, which is also most verbs' third person.
pub(super) fn plural(noun: &str) -> String {
    let stem = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match stem {
        Some(stem) => format!("{stem}ies"),
        None if ["s", "x", "z", "ch", "sh", "go", "do"].iter().any(|end| noun.ends_with(end)) => {
            format!("{noun}es")
        }
        None => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_and_nouns_take_their_endings() {
        let forms = |base| [Form::Third, Form::Gerund, Form::Participle].map(|form| verb(base, form));
        assert_eq!(forms("collect"), ["collects", "collecting", "collected"]);
        assert_eq!(forms("take"), ["takes", "taking", "taken"]);
        assert_eq!(forms("carry"), ["carries", "carrying", "carried"]);
        assert_eq!(forms("destroy"), ["destroys", "destroying", "destroyed"]);
        assert_eq!(forms("smash"), ["smashes", "smashing", "smashed"]);
        assert_eq!(
            ["box", "cross", "ring", "trophy", "day"].map(plural),
            ["boxes", "crosses", "rings", "trophies", "days"]
        );
    }
}
