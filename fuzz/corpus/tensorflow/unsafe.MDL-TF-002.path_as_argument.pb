
3
cConst*
valueBB/etc/passwd*
dtype0

pStatefulPartitionedCallc8
6

f/
tInitializeTableFromTextFileV2hfilename"Ê