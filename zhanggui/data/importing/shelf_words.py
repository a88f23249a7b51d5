"""The shorthand of grocery shelves, spelled out. General: no entry speaks of one product."""

PHRASES = {
    "SFT DRNK": "soft drink",
    "SS": "single serve",
    "SNGL SRV": "single serve",
    "SGL SV": "single serve",
    "RTS": "ready to serve",
    "RTD": "ready to drink",
    "IWS": "individually wrapped slices",
    "IQF": "individually frozen",
    "PWDR/CRYSTL DRNK MX": "powdered drink mix",
    "PNT BTR": "peanut butter",
    "VEND MACH": "vending machine",
    "VAC PAC": "vacuum packed",
    "EXACT WT": "exact weight",
    "FD WRAPS/BAGS/TRSH BG": "food wraps/food bags/trash bags",
    "HBC": "health and beauty care",
    "DRUG GM": "drugstore and general merchandise",
    "CNTRL/STORE SUP": "store supplies",
    "J-HOOKS": "hanging items",
    "MW": "microwave",
    "CLEANG": "cleaning",
    "BABYFOOD": "baby food",
    "BEERALEMALT LIQUORS": "beer, ale and malt liquors",
    "SAUCESSALSAPICANTEE": "sauces, salsa, picante",
    "PLSTC CTLRYTBLCLTHSTTHPKSST": "plastic cutlery, tablecloths, toothpicks",
}
"""Replaced first, as whole words, the longest first."""

WORDS = dict(
    pair.split("=")
    for pair in (
        "ACC=accessories ACCSS=accessories ACCESS=accessories BEV=beverage BG=bag BKD=baked BN=beans "
        "BNDGES=bandages BR=bread BRD=bread BRKFST=breakfast BTL=bottle BTR=butter CAR=carbonated CARB=carbonated "
        "CATFD=cat~food CHICK=chicken CHIX=chicken CHOC=chocolate CHOCOCLATE=chocolate CIG=cigarette CKE=cake "
        "CKTLS=cocktails CKYS=cookies CND=candy CNDLES=candles CNDY=candy COFF=coffee CONC=concentrate "
        "CONT=continued CRBNTD=carbonated CRKR=crackers CRMD=creamed DAN=Danish DISP=disposable SWIN=swim "
        "BRDS=boards JHOOK=hanging~items GA=gal CNTRL=control CRYSTL=crystals DECAFFINATED=decaffeinated "
        "DEOD=deodorant DISPOSIBLE=disposable DNR=dinner DNRS=dinners DOGFD=dog~food DRNK=drink DRNKS=drinks "
        "DRNKING=drinking DRNKNG=drinking DRSNG=dressing DSH=dishes ELECT=electrical ELSTC=elastic ETC=etc "
        "EXCP=except FD=food FDS=foods FEM=feminine FLAV=flavored FLV=flavored FLVR=flavor FLVRD=flavored "
        "FRD=fried FRK=franks FRZ=frozen FRZN=frozen FS=French-style GDS=goods GNG=ginger GNGR=ginger GRND=ground "
        "HYGN=hygiene INCL=included INGRED=ingredients JCE=juice JUI=juice LIQ=liquid LIQS=liquids LOZNG=lozenges "
        "LTR=liter LUNCHMEAT=lunch~meat MARIN=marinated MEMORABLILIA=memorabilia MFG=manufacturer "
        "MINWTR=mineral~water MISC=miscellaneous MIXS=mixes MLK=milk MLT=multi MNERAL=mineral MNRL=mineral "
        "MULT=multi MX=mix MXS=mixes NATRL=natural NDAIRY=non-dairy NTRTNL=nutritional OTH=other OJ=orange~juice "
        "PAC=pack PICKLD=pickled PICKLS=pickles PK=pack PKG=package PKGD=packaged PKLD=pickled PNCH=punch "
        "PREM=premium PREP=prepared PREPORTND=preportioned PRESLC=presliced PRESLCD=presliced PRSLC=presliced "
        "PROD=produce PROTIEN=protein PRPCK=prepacked PWDR=powder PWDRS=powders REFIGERATED=refrigerated "
        "REFRGRATD=refrigerated REFRIG=refrigerated REG=regular RETL=retail SALD=salad SAUS=sausage "
        "SEASO=seasoning SGL=single SHERBTS=sherbets SHLFSH=shellfish SLD=salad SNDWCH=sandwich SNGL=single "
        "SNKS=snacks SPECILATY=specialty SPLY=supplies SPRD=spreads SRV=serve STK=sticks SUG=sugar SUP=super "
        "SUPP=supplements SUPPPLIES=supplies SUPRT=support SV=serve SW=sweet SWEETNERS=sweeteners SWT=sweet "
        "SYRP=syrup TISS=tissue TORT=tortilla TRSH=trash VEG=vegetable WHL=whole WHLSM=wholesome WHS=warehouse "
        "WT=weight WTR=water XMAS=Christmas XPCTRNT=expectorant BBQ=BBQ TV=TV DVD=DVD CD=CD SPF=SPF NZ=NZ "
        "CT=count LB=lb OZ=oz ML=ml GAL=gal ITALIAN=Italian FRENCH=French MEXICAN=Mexican HISPANIC=Hispanic "
        "AMERICAN=American CHRISTMAS=Christmas EASTER=Easter HALLOWEEN=Halloween VALENTINE=Valentine "
        "JAPANESE=Japanese THAI=Thai ASIAN=Asian GREEK=Greek CANADIAN=Canadian AUSTRALIAN=Australian SWISS=Swiss "
        "VIENNA=Vienna"
    ).split()
)
"""One word each; `~` stands for a space."""

QUALIFIERS = frozenset(
    "A ALL AND BAG BAGGED BULK BY CANNED CHOICE COOKED CUT DRY ECONOMY ENHANCED FRESH FROZEN FRZN FULL "
    "GALLONS IN LARGE LEAN MAINSTREAM MEDIUM MISC MISCELLANEOUS MULTI NATURAL NON OF ORGANIC OTHER PACK "
    "PACKS PINTS PLAIN PLUS PREMIUM PRIMAL PROCESSED QUARTS REFRIGERATED REGULAR SELECT SINGLE SINGLES "
    "SIZE SMALL SMOKED SPECIALTY STANDARD SUPER TRADITIONAL VALUE VARIETY WHOLE X".split()
)
"""Words that say what a thing is like, not what it is."""

EMPTY = frozenset("COUPON MISC ITEMS MISCELLANEOUS PRODUCTS ALL OTHERS OTHER SEASONAL CONTINUITIES".split())
"""A category of these words alone says nothing."""
