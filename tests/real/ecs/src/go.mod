// Pins the released field list of the Elastic Common Schema; there is no source of our own.
module seam.test/ecs-real

go 1.26

require github.com/elastic/ecs v9.4.0+incompatible
