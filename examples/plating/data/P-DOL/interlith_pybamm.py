"""Parameters for PyBaMM, computed with empirical potentials, not measured.

    import numpy, pybamm, interlith_pybamm
    values = pybamm.ParameterValues("Xu2019")
    interlith_pybamm.update(values)                                       # as computed
    draw = interlith_pybamm.sample(numpy.random.default_rng(1))
    interlith_pybamm.update(values, draw)                                 # a draw from their errors

`parameters`, `uncertainties` (one standard deviation; a function where the parameter is one), `definitions`, `ranges` and
`provenance` have the names of PyBaMM, and "Interlith: MATERIAL: ..." for what PyBaMM has no name for: numbers, functions of T (K),
functions of x (lithium put in per formula unit). Parameters of the electrolyte are functions of (c_e, T) that do not depend on c_e.
"""
import numpy as np

null, true, false = None, True, False  # so that JSON is Python

data = {
  "title": null,
  "version": "0.1.0",
  "temperature_K": 298.14999999999998,
  "runs": [
    {
      "file": "P-DOL/diffuse.json",
      "fnv1a64": "6fdb008016b48657"
    }
  ],
  "electrolyte": "P-DOL",
  "electrolytes": {
    "P-DOL": {
      "conductivity": 3,
      "transference": 6,
      "transference_point": 0,
      "cation": 0,
      "anion": 1,
      "concentration": 8,
      "concentration_point": 0,
      "missing": "",
      "of_transference": "Share of Li in the conductivity, correlations included, at 350 K, in the frame of the run, the centre of mass. Cell models mean it relative to the solvent: t0 = t+ + (w+ t+ - w- t-)/w0, with t- = 1 - t+ and the mass fractions w of cation, anion and solvent",
      "of_diffusivity": "Of the salt: (z+ - z-) D+ D-/(z+ D+ - z- D-) of the tracer diffusivities of Li and TFSI. Ideal and dilute: the thermodynamic factor, which would multiply it, is not known here and taken as 1"
    }
  },
  "quantities": [
    {
      "name": "P-DOL: Li tracer diffusivity",
      "bracket": " [m2.s-1]",
      "kind": "tracer_diffusivity",
      "unit": "m2.s-1",
      "material": "P-DOL",
      "species": "Li",
      "charge_number": 1.0,
      "argument": "T",
      "at": [
        350.0,
        400.0,
        450.0
      ],
      "value": [
        4.5547178341619156e-11,
        1.041674208445566e-10,
        2.2721037310146452e-10
      ],
      "sigma": [
        1.024110046877442e-11,
        1.809596561635155e-11,
        6.9377900977111881e-11
      ],
      "low_95": [
        2.3481523411882743e-11,
        6.6347912794330083e-11,
        -7.1298641921993786e-11
      ],
      "high_95": [
        6.7612833271355579e-11,
        1.4198692889478311e-10,
        5.2571938812492278e-10
      ],
      "is_sound": [
        true,
        true,
        true
      ],
      "law": {
        "times_T": false,
        "ln_prefactor": -16.751221595260439,
        "Ea_eV": 0.21370739063097077,
        "var_ln_prefactor": 2.0748155853034667,
        "var_Ea_eV2": 0.002327480880188791,
        "cov_eV": 0.069234069248402641,
        "T_low_K": 350.0,
        "T_high_K": 450.0,
        "temperatures": 3
      },
      "at_298K": {
        "value": 1.2960873204879078e-11,
        "sigma": 5.9577733977276592e-12,
        "low_95": 4.6129263048629214e-12,
        "high_95": 3.641598047119556e-11
      },
      "definition": "Slope of the mean squared displacement of the species over 6 t, relative to the framework (crystals) or the centre of mass (liquids)",
      "range": "Arrhenius law of 3 temperatures, 350 to 450 K; 298.15 K is extrapolated",
      "method": "molecular dynamics, 6 runs of 750 ps; relative to the centre of mass of all atoms, 644 atoms",
      "source": "P-DOL/diffuse.json",
      "caveat": "298.15 K lies outside the 350 to 450 K that were fitted: extrapolated"
    },
    {
      "name": "P-DOL: TFSI tracer diffusivity",
      "bracket": " [m2.s-1]",
      "kind": "tracer_diffusivity",
      "unit": "m2.s-1",
      "material": "P-DOL",
      "species": "TFSI",
      "charge_number": -1.0,
      "argument": "T",
      "at": [
        350.0,
        400.0,
        450.0
      ],
      "value": [
        7.3671794737210792e-11,
        1.1910815523924074e-10,
        3.1152864190823453e-10
      ],
      "sigma": [
        1.7304037802474497e-11,
        2.956250350315572e-11,
        3.8334467822254156e-11
      ],
      "low_95": [
        3.379127401765277e-11,
        -8.089031156840279e-12,
        2.0772288627066656e-10
      ],
      "high_95": [
        1.1355231545676882e-10,
        2.4630534163532172e-10,
        4.1533439754580249e-10
      ],
      "is_sound": [
        true,
        true,
        true
      ],
      "law": {
        "times_T": false,
        "ln_prefactor": -16.647689123545977,
        "Ea_eV": 0.20471686906678735,
        "var_ln_prefactor": 1.3678439091220238,
        "var_Ea_eV2": 0.0017686447696509764,
        "cov_eV": 0.048927135556958434,
        "T_low_K": 350.0,
        "T_high_K": 450.0,
        "temperatures": 3
      },
      "at_298K": {
        "value": 2.0397132362377335e-11,
        "sigma": 9.9614218145297558e-12,
        "low_95": 6.69212675612421e-12,
        "high_95": 6.2169026943132009e-11
      },
      "definition": "Slope of the mean squared displacement of the species over 6 t, relative to the framework (crystals) or the centre of mass (liquids)",
      "range": "Arrhenius law of 3 temperatures, 350 to 450 K; 298.15 K is extrapolated",
      "method": "molecular dynamics, 6 runs of 750 ps; relative to the centre of mass of all atoms, 644 atoms",
      "source": "P-DOL/diffuse.json",
      "caveat": "298.15 K lies outside the 350 to 450 K that were fitted: extrapolated"
    },
    {
      "name": "P-DOL: charge diffusivity",
      "bracket": " [m2.s-1]",
      "kind": "charge_diffusivity",
      "unit": "m2.s-1",
      "material": "P-DOL",
      "species": "",
      "charge_number": 0.0,
      "argument": "T",
      "at": [
        350.0,
        400.0,
        450.0
      ],
      "value": [
        6.1284885471437273e-11,
        1.0900869998883835e-10,
        2.8898978362319631e-10
      ],
      "sigma": [
        1.6196409858066268e-11,
        2.831976520532489e-11,
        5.2201572391461229e-11
      ],
      "low_95": [
        2.6731289267140388e-11,
        4.3917266704333351e-11,
        1.798251188427609e-10
      ],
      "high_95": [
        9.5838481675734141e-11,
        1.7410013327334335e-10,
        3.9815444840363167e-10
      ],
      "is_sound": [
        true,
        true,
        true
      ],
      "law": {
        "times_T": false,
        "ln_prefactor": -16.462484354103385,
        "Ea_eV": 0.21571110336698274,
        "var_ln_prefactor": 1.4716910462720647,
        "var_Ea_eV2": 0.0018076444440776305,
        "cov_eV": 0.051291229440583001,
        "T_low_K": 350.0,
        "T_high_K": 450.0,
        "temperatures": 3
      },
      "at_298K": {
        "value": 1.6001529502484379e-11,
        "sigma": 7.4610265453985273e-12,
        "low_95": 6.1797638262129862e-12,
        "high_95": 4.1433451766034072e-11
      },
      "definition": "Slope of the mean squared collective displacement of charge, over 6 t and the sum of squared charges",
      "range": "Arrhenius law of 3 temperatures, 350 to 450 K; 298.15 K is extrapolated",
      "method": "molecular dynamics, 6 runs of 750 ps; relative to the centre of mass of all atoms, 644 atoms",
      "source": "P-DOL/diffuse.json",
      "caveat": "298.15 K lies outside the 350 to 450 K that were fitted: extrapolated"
    },
    {
      "name": "P-DOL: ionic conductivity",
      "bracket": " [S.m-1]",
      "kind": "ionic_conductivity",
      "unit": "S.m-1",
      "material": "P-DOL",
      "species": "",
      "charge_number": 0.0,
      "argument": "T",
      "at": [
        350.0,
        400.0,
        450.0
      ],
      "value": [
        0.45946179253434649,
        0.70150549909754756,
        1.5909564848066502
      ],
      "sigma": [
        0.12122191235500814,
        0.18147919055439279,
        0.28784684113097819
      ],
      "low_95": [
        0.200970176130645,
        0.30782707538581833,
        0.98882825467523794
      ],
      "high_95": [
        0.71795340893804793,
        1.0951839228092768,
        2.1930847149380623
      ],
      "is_sound": [
        true,
        true,
        true
      ],
      "law": {
        "times_T": true,
        "ln_prefactor": 11.869670782029555,
        "Ea_eV": 0.2076373716312219,
        "var_ln_prefactor": 1.4713272746780695,
        "var_Ea_eV2": 0.0018060392318247007,
        "cov_eV": 0.051262395308440345,
        "T_low_K": 350.0,
        "T_high_K": 450.0,
        "temperatures": 3
      },
      "at_298K": {
        "value": 0.14814931035216247,
        "sigma": 0.068989932757712133,
        "low_95": 0.057293676764684769,
        "high_95": 0.38308273089134343
      },
      "definition": "From the collective displacement of charge, correlations included",
      "range": "Arrhenius law of 3 temperatures, 350 to 450 K; 298.15 K is extrapolated",
      "method": "molecular dynamics, 6 runs of 750 ps; relative to the centre of mass of all atoms, 644 atoms",
      "source": "P-DOL/diffuse.json",
      "caveat": "298.15 K lies outside the 350 to 450 K that were fitted: extrapolated"
    },
    {
      "name": "P-DOL: nernst einstein conductivity",
      "bracket": " [S.m-1]",
      "kind": "nernst_einstein_conductivity",
      "unit": "S.m-1",
      "material": "P-DOL",
      "species": "",
      "charge_number": 0.0,
      "argument": "T",
      "at": [
        350.0,
        400.0,
        450.0
      ],
      "value": [
        0.44710258428030725,
        0.71825814279421385,
        1.4817698342303078
      ],
      "sigma": [
        0.079633692894511277,
        0.1132654330104374,
        0.24477878616605064
      ],
      "low_95": [
        0.23349868599366605,
        0.23091631826560055,
        0.42857172174819014
      ],
      "high_95": [
        0.66070648256694842,
        1.205599967322827,
        2.5349679467124258
      ],
      "is_sound": [
        true,
        true,
        true
      ],
      "law": {
        "times_T": false,
        "ln_prefactor": 4.4828951896950802,
        "Ea_eV": 0.16159499575906519,
        "var_ln_prefactor": 0.93878877015801088,
        "var_Ea_eV2": 0.0010954022933660603,
        "cov_eV": 0.031908414850375474,
        "T_low_K": 350.0,
        "T_high_K": 450.0,
        "temperatures": 3
      },
      "at_298K": {
        "value": 0.1642010073463904,
        "sigma": 0.055526596878106828,
        "low_95": 0.071594014762788497,
        "high_95": 0.37659531879727787
      },
      "definition": "What the tracer diffusivities would give if ions moved independently",
      "range": "Arrhenius law of 3 temperatures, 350 to 450 K; 298.15 K is extrapolated",
      "method": "molecular dynamics, 6 runs of 750 ps; relative to the centre of mass of all atoms, 644 atoms",
      "source": "P-DOL/diffuse.json",
      "caveat": "298.15 K lies outside the 350 to 450 K that were fitted: extrapolated"
    },
    {
      "name": "P-DOL: haven ratio",
      "bracket": "",
      "kind": "haven_ratio",
      "unit": "1",
      "material": "P-DOL",
      "species": "",
      "charge_number": 0.0,
      "argument": "T",
      "at": [
        350.0,
        400.0,
        450.0
      ],
      "value": [
        0.97251395775651106,
        1.0201768235258568,
        0.92506336248400622
      ],
      "sigma": [
        0.15787978138732475,
        0.21058629649649124,
        0.15364066788384087
      ],
      "low_95": [
        0.5315700356003199,
        0.53583782195236751,
        0.55475041414287918
      ],
      "high_95": [
        1.4134578799127022,
        1.5045158250993462,
        1.2953763108251333
      ],
      "is_sound": [
        true,
        true,
        true
      ],
      "law": null,
      "at_298K": {
        "value": null,
        "sigma": null,
        "low_95": null,
        "high_95": null
      },
      "definition": "Tracer over charge diffusivity",
      "range": "3 of 3 points sound, 350 to 450 K",
      "method": "molecular dynamics, 6 runs of 750 ps; relative to the centre of mass of all atoms, 644 atoms",
      "source": "P-DOL/diffuse.json",
      "caveat": ""
    },
    {
      "name": "P-DOL: Li transference number",
      "bracket": "",
      "kind": "transference_number",
      "unit": "1",
      "material": "P-DOL",
      "species": "Li",
      "charge_number": 1.0,
      "argument": "T",
      "at": [
        350.0,
        400.0,
        450.0
      ],
      "value": [
        0.30072755316347632,
        0.55286729367092491,
        0.55718100035603335
      ],
      "sigma": [
        0.099476141370589619,
        0.05638094090928069,
        0.094994827964325179
      ],
      "low_95": [
        0.0024914753464254091,
        0.39315471064576535,
        0.14845124450324909
      ],
      "high_95": [
        0.5989636309805273,
        0.71257987669608447,
        0.96591075620881761
      ],
      "is_sound": [
        true,
        true,
        true
      ],
      "law": null,
      "at_298K": {
        "value": null,
        "sigma": null,
        "low_95": null,
        "high_95": null
      },
      "definition": "Share of the species in the conductivity, correlations included, in the reference frame of the run",
      "range": "3 of 3 points sound, 350 to 450 K",
      "method": "molecular dynamics, 6 runs of 750 ps; relative to the centre of mass of all atoms, 644 atoms",
      "source": "P-DOL/diffuse.json",
      "caveat": ""
    },
    {
      "name": "P-DOL: Li transference number self",
      "bracket": "",
      "kind": "transference_number_self",
      "unit": "1",
      "material": "P-DOL",
      "species": "Li",
      "charge_number": 1.0,
      "argument": "T",
      "at": [
        350.0,
        400.0,
        450.0
      ],
      "value": [
        0.3833152104025187,
        0.47402825274924099,
        0.4117986778283661
      ],
      "sigma": [
        0.068738214296382147,
        0.048921657208904297,
        0.057306268054603787
      ],
      "low_95": [
        0.23937156667992215,
        0.27995894389816994,
        0.16522970715147073
      ],
      "high_95": [
        0.52725885412511531,
        0.66809756160031197,
        0.65836764850526142
      ],
      "is_sound": [
        true,
        true,
        true
      ],
      "law": null,
      "at_298K": {
        "value": null,
        "sigma": null,
        "low_95": null,
        "high_95": null
      },
      "definition": "Share of the species in the conductivity if ions moved independently: n z^2 D over its sum",
      "range": "3 of 3 points sound, 350 to 450 K",
      "method": "molecular dynamics, 6 runs of 750 ps; relative to the centre of mass of all atoms, 644 atoms",
      "source": "P-DOL/diffuse.json",
      "caveat": ""
    },
    {
      "name": "P-DOL: Li concentration",
      "bracket": " [mol.m-3]",
      "kind": "concentration",
      "unit": "mol.m-3",
      "material": "P-DOL",
      "species": "Li",
      "charge_number": 1.0,
      "argument": "T",
      "at": [
        350.0,
        400.0,
        450.0
      ],
      "value": [
        1171.7716281632033,
        1150.8650563350238,
        1107.072883321373
      ],
      "sigma": [
        5.0145646468641871,
        9.7878320174132796,
        9.5364280744241796
      ],
      "low_95": [
        1150.1956978968681,
        1108.7514141869715,
        1066.0409450348923
      ],
      "high_95": [
        1193.3475584295386,
        1192.9786984830762,
        1148.1048216078536
      ],
      "is_sound": [
        true,
        true,
        true
      ],
      "law": null,
      "at_298K": {
        "value": null,
        "sigma": null,
        "low_95": null,
        "high_95": null
      },
      "definition": "Ions of the species over the volume of the cell",
      "range": "3 of 3 points sound, 350 to 450 K",
      "method": "molecular dynamics, 6 runs of 750 ps; relative to the centre of mass of all atoms, 644 atoms",
      "source": "P-DOL/diffuse.json",
      "caveat": ""
    },
    {
      "name": "P-DOL: TFSI transference number",
      "bracket": "",
      "kind": "transference_number",
      "unit": "1",
      "material": "P-DOL",
      "species": "TFSI",
      "charge_number": -1.0,
      "argument": "T",
      "at": [
        350.0,
        400.0,
        450.0
      ],
      "value": [
        0.69927244683652368,
        0.44713270632907509,
        0.44281899964396654
      ],
      "sigma": [
        0.099476141370589619,
        0.056380940909280697,
        0.094994827964325207
      ],
      "low_95": [
        0.40103636901947265,
        0.28742012330391553,
        0.034089243791182167
      ],
      "high_95": [
        0.99750852465357465,
        0.60684528935423465,
        0.85154875549675091
      ],
      "is_sound": [
        true,
        true,
        true
      ],
      "law": null,
      "at_298K": {
        "value": null,
        "sigma": null,
        "low_95": null,
        "high_95": null
      },
      "definition": "Share of the species in the conductivity, correlations included, in the reference frame of the run",
      "range": "3 of 3 points sound, 350 to 450 K",
      "method": "molecular dynamics, 6 runs of 750 ps; relative to the centre of mass of all atoms, 644 atoms",
      "source": "P-DOL/diffuse.json",
      "caveat": ""
    },
    {
      "name": "P-DOL: TFSI transference number self",
      "bracket": "",
      "kind": "transference_number_self",
      "unit": "1",
      "material": "P-DOL",
      "species": "TFSI",
      "charge_number": -1.0,
      "argument": "T",
      "at": [
        350.0,
        400.0,
        450.0
      ],
      "value": [
        0.61668478959748119,
        0.52597174725075901,
        0.58820132217163379
      ],
      "sigma": [
        0.068738214296382161,
        0.04892165720890429,
        0.057306268054603759
      ],
      "low_95": [
        0.47274114587488464,
        0.33190243839968736,
        0.34163235149473853
      ],
      "high_95": [
        0.76062843332007768,
        0.72004105610183067,
        0.83477029284852899
      ],
      "is_sound": [
        true,
        true,
        true
      ],
      "law": null,
      "at_298K": {
        "value": null,
        "sigma": null,
        "low_95": null,
        "high_95": null
      },
      "definition": "Share of the species in the conductivity if ions moved independently: n z^2 D over its sum",
      "range": "3 of 3 points sound, 350 to 450 K",
      "method": "molecular dynamics, 6 runs of 750 ps; relative to the centre of mass of all atoms, 644 atoms",
      "source": "P-DOL/diffuse.json",
      "caveat": ""
    },
    {
      "name": "P-DOL: TFSI concentration",
      "bracket": " [mol.m-3]",
      "kind": "concentration",
      "unit": "mol.m-3",
      "material": "P-DOL",
      "species": "TFSI",
      "charge_number": -1.0,
      "argument": "T",
      "at": [
        350.0,
        400.0,
        450.0
      ],
      "value": [
        1171.7716281632033,
        1150.8650563350238,
        1107.072883321373
      ],
      "sigma": [
        5.0145646468641871,
        9.7878320174132796,
        9.5364280744241796
      ],
      "low_95": [
        1150.1956978968681,
        1108.7514141869715,
        1066.0409450348923
      ],
      "high_95": [
        1193.3475584295386,
        1192.9786984830762,
        1148.1048216078536
      ],
      "is_sound": [
        true,
        true,
        true
      ],
      "law": null,
      "at_298K": {
        "value": null,
        "sigma": null,
        "low_95": null,
        "high_95": null
      },
      "definition": "Ions of the species over the volume of the cell",
      "range": "3 of 3 points sound, 350 to 450 K",
      "method": "molecular dynamics, 6 runs of 750 ps; relative to the centre of mass of all atoms, 644 atoms",
      "source": "P-DOL/diffuse.json",
      "caveat": ""
    }
  ]
}

quantities = data["quantities"]  # everything that the runs gave, unsound points too
electrolytes = data["electrolytes"]  # material -> indices of its quantities, and what is missing
ELECTROLYTE = data["electrolyte"]  # whose parameters have PyBaMM's own names; select() takes another
TEMPERATURE = data["temperature_K"]  # where constants are taken
POSITIVE = {"tracer_diffusivity", "charge_diffusivity", "ionic_conductivity", "nernst_einstein_conductivity", "haven_ratio",
            "thermodynamic_factor", "density", "interphase_resistance", "interphase_resistance_crossings",
            "permeability", "permeability_crossings", "concentration"}
K_B = 8.617333262145179e-05  # eV/K


def _law(q):
    """y(T) by the Arrhenius law of a quantity."""
    law = q["law"]

    def y(T):
        value = np.exp(law["ln_prefactor"] - law["Ea_eV"] / (K_B * T))
        return value / T if law["times_T"] else value

    return y


def _law_sigma(q):
    """One standard deviation of y(T); None: not known."""
    law, y = q["law"], _law(q)
    if None in (law["var_ln_prefactor"], law["var_Ea_eV2"], law["cov_eV"]):
        return None

    def sigma(T):
        b = 1 / (K_B * T)
        return y(T) * (law["var_ln_prefactor"] + b * b * law["var_Ea_eV2"] - 2 * b * law["cov_eV"]) ** 0.5

    return sigma


def _table(x, y):
    """y(x) by straight lines between points; not a number beyond them."""

    def line(at):
        if hasattr(at, "domains"):  # a symbol of PyBaMM
            import pybamm

            return pybamm.Interpolant(np.array(x), np.array(y), at, interpolator="linear", extrapolate=False)
        return np.interp(at, x, y, left=np.nan, right=np.nan)

    return line


def _value(q):
    """A number, a function of T or of x, or None where no point is sound; and its standard deviation."""
    if q["law"]:
        return _law(q), _law_sigma(q)
    sound = [k for k, good in enumerate(q["is_sound"]) if good]
    y, sigma = [q["value"][k] for k in sound], [q["sigma"][k] for k in sound]
    known = bool(sound) and None not in sigma
    if len(sound) < 2:
        return (y[0], sigma[0]) if sound else (None, None)
    x = [q["at"][k] for k in sound]
    return _table(x, y), _table(x, sigma) if known else None


def _at(q):
    """A function of (c_e, T) from the law, or the number at TEMPERATURE; and its standard deviation."""
    if q["law"]:
        y, sigma = _value(q)
        return (lambda c_e, T: y(T)), sigma and (lambda c_e, T: sigma(T))
    k = min(range(len(q["at"])), key=lambda i: abs(q["at"][i] - TEMPERATURE))
    return q["value"][k], q["sigma"][k]


def _call(f, c_e, T):
    return f(c_e, T) if callable(f) else f


def _salt(plus, minus):
    """D_salt(c_e, T) = (z+ - z-) D+ D-/(z+ D+ - z- D-): ideal and dilute; errors of D+ and D- taken as independent."""
    (p, p_sigma), (m, m_sigma) = _at(plus), _at(minus)
    zp, zm = plus["charge_number"], -minus["charge_number"]

    def D(c_e, T):
        a, b = _call(p, c_e, T), _call(m, c_e, T)
        return (zp + zm) * a * b / (zp * a + zm * b)

    def sigma(c_e, T):
        a, b = _call(p, c_e, T), _call(m, c_e, T)
        of_plus, of_minus = zm * b * _call(p_sigma, c_e, T) / a, zp * a * _call(m_sigma, c_e, T) / b
        return D(c_e, T) * (of_plus ** 2 + of_minus ** 2) ** 0.5 / (zp * a + zm * b)

    return D, None if None in (p_sigma, m_sigma) else sigma


def _text(q, definition=None):
    return (definition or q["definition"], q["range"], {key: q[key] for key in ("method", "source", "caveat")})


def _standard(state, e):
    """Of an electrolyte: name -> value, sigma, definition, range, provenance."""
    entries = {}
    if e["conductivity"] is not None:
        q = state[e["conductivity"]]
        entries["Electrolyte conductivity [S.m-1]"] = *_at(q), *_text(q)
    if e["transference"] is not None:
        q, k = state[e["transference"]], e["transference_point"]
        entries["Cation transference number"] = q["value"][k], q["sigma"][k], *_text(q, e["of_transference"])
    if e["cation"] is not None:
        plus, minus = state[e["cation"]], state[e["anion"]]
        entries["Electrolyte diffusivity [m2.s-1]"] = *_salt(plus, minus), *_text(plus, e["of_diffusivity"])
        entries["Thermodynamic factor"] = 1.0, None, *_text(plus, "Not computed: 1, ideal, as in the diffusivity")
    if e["concentration"] is not None:
        q, k = state[e["concentration"]], e["concentration_point"]
        entries["Initial concentration in electrolyte [mol.m-3]"] = q["value"][k], q["sigma"][k], *_text(q)
    return entries


def _entries(state, electrolyte=None, host=None, domain="Negative electrode"):
    """name -> value, sigma, definition, range, provenance; of what was not found out there is no entry."""
    entries = {}
    if electrolyte or electrolytes:
        entries.update(_standard(state, electrolytes[electrolyte or ELECTROLYTE]))
    for q in state:
        value, sigma = _value(q)
        if value is not None:
            entries[f"Interlith: {q['name']}{q['bracket']}"] = value, sigma, *_text(q)
        if value is not None and host == q["material"] and q["kind"] == "partial_molar_volume":
            entries[f"{domain} partial molar volume [m3.mol-1]"] = value, sigma, *_text(q)
    return entries


def select(electrolyte=None, host=None, domain="Negative electrode"):
    """Parameters with another choice of materials: of `electrolytes`; and of a host of lithium, the electrode of `domain`."""
    return {name: entry[0] for name, entry in _entries(quantities, electrolyte, host, domain).items()}


def update(parameter_values, values=None):
    """Put these parameters, or those of select() or sample(), into a pybamm.ParameterValues."""
    parameter_values.update(parameters if values is None else values, check_already_exists=False)
    return parameter_values


def _drawn(q, rng):
    """A quantity drawn from its errors: log-normal where it is positive, else normal; what has no error stays."""
    value = []
    for y, sigma in zip(q["value"], q["sigma"]):
        if sigma and y > 0 and q["kind"] in POSITIVE:
            variance = np.log1p((sigma / y) ** 2)
            y = y * np.exp(variance ** 0.5 * rng.standard_normal() - variance / 2)
        elif sigma:
            y = y + sigma * rng.standard_normal()
        value.append(float(y))
    law = q["law"]
    if law and law["var_Ea_eV2"] and None not in (law["var_ln_prefactor"], law["cov_eV"]):
        dE = law["var_Ea_eV2"] ** 0.5 * rng.standard_normal()
        slope = law["cov_eV"] / law["var_Ea_eV2"]
        rest = max(0.0, law["var_ln_prefactor"] - slope * law["cov_eV"])
        d_ln = slope * dE + rest ** 0.5 * rng.standard_normal()
        law = dict(law, Ea_eV=law["Ea_eV"] + dE, ln_prefactor=law["ln_prefactor"] + d_ln)
    return dict(q, value=value, law=law)


def sample(rng, electrolyte=None, host=None, domain="Negative electrode"):
    """One draw of the parameters; rng: numpy.random.Generator. Prefactor and activation energy of a law are drawn together, points
    and quantities independently."""
    state = [_drawn(q, rng) for q in quantities]
    return {name: entry[0] for name, entry in _entries(state, electrolyte, host, domain).items()}


_own = _entries(quantities)
parameters = {name: entry[0] for name, entry in _own.items()}
uncertainties = {name: entry[1] for name, entry in _own.items() if entry[1] is not None}
definitions = {name: entry[2] for name, entry in _own.items()}
ranges = {name: entry[3] for name, entry in _own.items()}
provenance = {name: entry[4] for name, entry in _own.items()}
