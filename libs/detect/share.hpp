#pragma once
// Shares: how many of how many, what a law says about them, and how strongly they speak for one law rather than
// another. All evidence of the kind "k of n" goes through here.
//
// A subscriber's share today is itself drawn: from a Beta distribution around its habit if it is honest, from a
// bot's otherwise. That makes the counts Beta-binomial, with tails as heavy as the distribution of shares: the tenth
// yes in a row says far less than the first did, since it belongs to the same day, list or text. Evidence that hangs
// together is thereby counted once.

namespace lazaret::detect {

/// Counts that may be forgotten, hence no whole numbers. 0 <= hits <= trials.
struct Share {
    float hits = 0, trials = 0;

    Share() = default;
    Share(double h, double t) : hits(static_cast<float>(h)), trials(static_cast<float>(t)) {}
    void add(double h, double t);
    void forget(double factor); ///< keeps `factor` (0 to 1) of it
    bool empty() const { return trials <= 0; }
};

/// A Beta distribution of shares.
struct Law {
    double yes = 1, no = 1;

    Law() = default;
    Law(double y, double n) : yes(y), no(n) {}
    /// `strength` observations' worth of certainty that the share is near `mean`.
    static Law around(double mean, double strength) { return Law(mean * strength, (1 - mean) * strength); }
};

/// ln of the chance of this very sequence of yes and no.
double log_likelihood(const Share& share, const Law& law);

/// ln(1 - chance + chance * e^llr): evidence of a trait that an offender shows with that chance only. Never below
/// ln(1 - chance), so that the lack of one trait cannot talk away the others.
double shown_with(double chance, double llr);
/// ln(chance * e^a + (1 - chance) * e^b)
double mixture(double chance, double a, double b);

} // namespace lazaret::detect
