# A made-up fer2013.csv of 84 rows: class k is a grey level that rises to the right, k steps steep.
BEGIN {
    print "emotion,pixels,Usage"
    for (i = 0; i < 84; i++) {
        k = i % 7
        printf "%d,", k
        for (p = 0; p < 2304; p++)
            printf "%s%d", p ? " " : "", (40 + (p % 48) * k / 2 + (i * 31 + p * 17) % 23) % 256
        print "," (i < 63 ? "Training" : "PublicTest")
    }
}
